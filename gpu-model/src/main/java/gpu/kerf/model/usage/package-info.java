/**
 * GPU time: who used how much of which GPU, as exact integers, and what follows from it. Budgets,
 * metrics, reports and costs all come from the same numbers.
 */
@NullMarked
package gpu.kerf.model.usage;

import org.jspecify.annotations.NullMarked;
