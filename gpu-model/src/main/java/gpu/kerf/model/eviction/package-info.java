/** Which pods must be evicted so that a demand fits, and what damage that does. */
@NullMarked
package gpu.kerf.model.eviction;

import org.jspecify.annotations.NullMarked;
