/**
 * Evicts pods of lower priority where only Kerf sees that it helps: the search for victims, the
 * plans, and their execution.
 */
@NullMarked
package gpu.kerf.extender.preemption;

import org.jspecify.annotations.NullMarked;
