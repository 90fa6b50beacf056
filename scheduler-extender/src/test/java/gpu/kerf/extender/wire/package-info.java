@NullMarked
package gpu.kerf.extender.wire;

import org.jspecify.annotations.NullMarked;
