/**
 * Where a demand fits on one node, and what its placement takes from the demands that usually come.
 */
@NullMarked
package gpu.kerf.model.placement;

import org.jspecify.annotations.NullMarked;
