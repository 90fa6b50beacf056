/** Whose turn it is, where the cluster has teams: it decides when pods may start. */
@NullMarked
package gpu.kerf.extender.turn;

import org.jspecify.annotations.NullMarked;
