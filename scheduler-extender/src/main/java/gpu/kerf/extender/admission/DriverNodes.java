package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.model.hardware.DeliveryWay;

/**
 * Finds out whether a pod may land only on nodes whose GPUs a DRA driver hands out. Such a pod
 * learns of its devices from the driver, and needs no variables and no runtime class of Kerf's.
 *
 * <p>Only what the pod itself says counts: a node that is another one later must not get a pod
 * whose image decides which devices it sees.
 */
final class DriverNodes {
  private static final String LABEL = Annotations.DELIVERY;

  private DriverNodes() {}

  static boolean areAllThatSuit(JsonNode spec) {
    if (spec.path("nodeSelector").path(LABEL).asText("").equals(DeliveryWay.DRA.word())) {
      return true;
    }
    JsonNode terms =
        spec.at(
            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution"
                + "/nodeSelectorTerms");
    for (JsonNode term : terms) {
      if (!wantsDriver(term)) {
        return false;
      }
    }
    return !terms.isEmpty();
  }

  private static boolean wantsDriver(JsonNode term) {
    for (JsonNode each : term.path("matchExpressions")) {
      JsonNode values = each.path("values");
      if (each.path("key").asText("").equals(LABEL)
          && each.path("operator").asText("").equals("In")
          && values.size() == 1
          && values.path(0).asText("").equals(DeliveryWay.DRA.word())) {
        return true;
      }
    }
    return false;
  }
}
