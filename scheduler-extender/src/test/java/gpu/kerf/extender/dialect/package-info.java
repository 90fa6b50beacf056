@NullMarked
package gpu.kerf.extender.dialect;

import org.jspecify.annotations.NullMarked;
