@NullMarked
package gpu.kerf.extender;

import org.jspecify.annotations.NullMarked;
