@NullMarked
package gpu.kerf.extender.explain;

import org.jspecify.annotations.NullMarked;
