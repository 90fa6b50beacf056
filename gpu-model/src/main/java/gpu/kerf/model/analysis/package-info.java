/**
 * Figures about a fleet for people: how full it is, how much of its free memory is useful, and how
 * few GPUs would be enough.
 */
@NullMarked
package gpu.kerf.model.analysis;

import org.jspecify.annotations.NullMarked;
