/**
 * What GPU time costs: the price of each hour of a GPU, divided exactly among those that held parts
 * of it, those whose placements made parts of it useless, and what was free.
 */
@NullMarked
package gpu.kerf.model.cost;

import org.jspecify.annotations.NullMarked;
