/**
 * Plays a trace of pods against a fleet under one placement policy after the other.
 *
 * <p>Every policy works on the same model, and sees a pod when it arrives and not before.
 */
@NullMarked
package gpu.kerf.bench.replay;

import org.jspecify.annotations.NullMarked;
