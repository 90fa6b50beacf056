@NullMarked
package gpu.kerf.extender.idle;

import org.jspecify.annotations.NullMarked;
