/** Turns, and what there is to see of them. */
@NullMarked
package gpu.kerf.extender.turn;

import org.jspecify.annotations.NullMarked;
