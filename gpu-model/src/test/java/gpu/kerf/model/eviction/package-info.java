@NullMarked
package gpu.kerf.model.eviction;

import org.jspecify.annotations.NullMarked;
