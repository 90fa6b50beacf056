@NullMarked
package gpu.kerf.extender.admission;

import org.jspecify.annotations.NullMarked;
