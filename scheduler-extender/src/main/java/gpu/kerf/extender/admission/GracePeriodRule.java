package gpu.kerf.extender.admission;

import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;

/**
 * Limits the termination grace period of a GPU pod. When a pod is deleted by force, its object is
 * gone at once, and Kerf holds its slots for the grace period: without a limit, one tenant could
 * hold GPUs for ever with pods whose objects are gone.
 */
final class GracePeriodRule {

  private GracePeriodRule() {}

  static void check(PodView pod, Duration longest, Findings findings) {
    if (pod.graceSeconds() > longest.toSeconds()) {
      findings.refuse(
          Kind.GRACE_PERIOD,
          "The terminationGracePeriodSeconds ("
              + pod.graceSeconds()
              + ") is longer than GPU pods may have here ("
              + longest.toSeconds()
              + ").",
          "Write at most that many seconds; admission.maxTerminationGracePeriod is the limit.");
    }
  }
}
