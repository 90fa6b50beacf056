/**
 * Plays a trace of pods against a fleet under one placement policy after the other.
 *
 * <p>Every policy works on the same model, and sees a pod only when it arrives.
 */
@NullMarked
package gpu.kerf.bench.replay;

import org.jspecify.annotations.NullMarked;
