@NullMarked
package gpu.kerf.extender.cost;

import org.jspecify.annotations.NullMarked;
