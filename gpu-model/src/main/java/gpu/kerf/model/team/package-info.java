/** Teams and what they own: the tree of teams, its rules, and the division of GPUs among them. */
@NullMarked
package gpu.kerf.model.team;

import org.jspecify.annotations.NullMarked;
