/**
 * {@code kerf replay teams}: who of the waiting jobs of teams goes first, under Kerf's rules and
 * under others, in virtual time.
 */
@NullMarked
package gpu.kerf.bench.replay.teams;

import org.jspecify.annotations.NullMarked;
