package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a ResourceClaim asks for, or one that is made from a template would. It never changes.
 *
 * @param choices every request, and every alternative in one
 */
record ClaimSpec(List<Choice> choices) {
  static final ClaimSpec NOTHING = new ClaimSpec(List.of());

  /**
   * Devices of one class.
   *
   * @param drivers those whose devices its own selectors can match; null if they do not say
   */
  record Choice(String deviceClass, @Nullable Set<String> drivers) {}

  /** Reads the spec of a ResourceClaim of any version of the API since v1beta1. */
  static ClaimSpec read(JsonNode spec) {
    List<Choice> choices = new ArrayList<>(1);
    for (JsonNode request : spec.at("/devices/requests")) {
      if (request.has("firstAvailable")) {
        request.path("firstAvailable").forEach(each -> choices.add(choice(each)));
      } else {
        choices.add(choice(request.has("exactly") ? request.path("exactly") : request));
      }
    }
    return choices.isEmpty() ? NOTHING : new ClaimSpec(List.copyOf(choices));
  }

  private static Choice choice(JsonNode request) {
    String deviceClass = request.path("deviceClassName").asText("");
    return new Choice(deviceClass, drivers(request.path("selectors")));
  }

  /** The drivers that a list of selectors can match, all of which must; null if none says. */
  static @Nullable Set<String> drivers(JsonNode selectors) {
    Set<String> drivers = null;
    for (JsonNode each : selectors) {
      String expression = each.at("/cel/expression").asText("");
      drivers = DriverSelector.both(drivers, DriverSelector.drivers(expression));
    }
    return drivers == null ? null : Set.copyOf(drivers);
  }
}
