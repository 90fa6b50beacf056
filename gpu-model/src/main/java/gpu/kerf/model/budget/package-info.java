/** GPU hours of a period that a team may use, and how much of them it has used. */
@NullMarked
package gpu.kerf.model.budget;

import org.jspecify.annotations.NullMarked;
