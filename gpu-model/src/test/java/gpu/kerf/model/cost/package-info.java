@NullMarked
package gpu.kerf.model.cost;

import org.jspecify.annotations.NullMarked;
