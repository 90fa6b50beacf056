@NullMarked
package gpu.kerf.model.demand;

import org.jspecify.annotations.NullMarked;
