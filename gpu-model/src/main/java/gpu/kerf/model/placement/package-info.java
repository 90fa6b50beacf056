/**
 * Where a demand can go on one node, and what that takes away from the demands that usually come.
 */
@NullMarked
package gpu.kerf.model.placement;

import org.jspecify.annotations.NullMarked;
