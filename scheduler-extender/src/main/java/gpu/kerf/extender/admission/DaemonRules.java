package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.wire.Mps;

/**
 * The resource {@code kerf.gpu/mps}, by which the kubelet mounts the MPS daemon's paths into a
 * container: a container that may get a share has exactly one, every other container has none.
 */
final class DaemonRules {

  static final String ONE = "1";

  private DaemonRules() {}

  private static JsonNode amount(Box box, String list) {
    return box.json().path("resources").path(list).path(Mps.RESOURCE);
  }

  /** Whether a container asks for it, be it for how many. */
  static boolean isAskedBy(Box box) {
    return !PodTree.isNothing(amount(box, "limits"));
  }

  /**
   * @param wanted whether Kerf lets the container have it
   */
  static void check(Box box, boolean wanted, Findings findings) {
    if (wanted && !isAskedBy(box)) {
      findings.refuse(
          Kind.INCOMPLETE,
          "The limit "
              + Mps.RESOURCE
              + ", which Kerf's mutating webhook adds, is missing in the "
              + box
              + ".",
          "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
      return;
    }
    for (String list : new String[] {"limits", "requests"}) {
      JsonNode amount = amount(box, list);
      boolean right = wanted && amount.asText("").equals(ONE);
      if (!PodTree.isNothing(amount) && !right) {
        findings.refuse(
            Kind.MOUNT,
            "The "
                + box
                + " asks for "
                + Mps.RESOURCE
                + " ("
                + SafeText.of(amount.asText(""))
                + " among its "
                + list
                + "), by which only Kerf gives the MPS daemon.",
            "Leave it out.");
      }
    }
  }
}
