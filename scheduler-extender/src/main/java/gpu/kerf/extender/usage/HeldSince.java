package gpu.kerf.extender.usage;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;

/**
 * Since when a pod that was found bound holds its slots. Kerf wrote it with the Binding, to the
 * millisecond. The API server says to the second when it bound the pod; that counts where Kerf
 * wrote nothing, and where what is written cannot be of this binding.
 */
final class HeldSince {

  /** A binding of which no answer came is sent again, with slots that are held since the first. */
  private static final long LONGEST_BINDING_MILLIS = 600_000;

  /** This much the clock of an API server may be behind. */
  private static final long AHEAD_MILLIS = 60_000;

  private HeldSince() {}

  /** In milliseconds of the wall clock; 0 if the pod is not bound. */
  static long of(PodView pod) {
    long bound = pod.boundMillis();
    if (bound <= 0) {
      return 0;
    }
    long written = written(pod.annotation(Annotations.HELD_SINCE));
    boolean likely = written >= bound - LONGEST_BINDING_MILLIS && written <= bound + AHEAD_MILLIS;
    return likely ? written : bound;
  }

  private static long written(String text) {
    try {
      return text.isEmpty() ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
