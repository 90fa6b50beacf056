/** Who must go so that a demand fits, and what that destroys. */
@NullMarked
package gpu.kerf.model.eviction;

import org.jspecify.annotations.NullMarked;
