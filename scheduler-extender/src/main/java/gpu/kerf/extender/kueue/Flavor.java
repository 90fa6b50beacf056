package gpu.kerf.extender.kueue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A ResourceFlavor: what Kueue adds to pods that get its quota.
 *
 * @param nodeLabels the pods may go to nodes with these labels alone
 * @param tolerations what the pods tolerate beside what they say themselves
 */
public record Flavor(String name, Map<String, String> nodeLabels, List<JsonNode> tolerations) {

  public Flavor {
    nodeLabels = Map.copyOf(nodeLabels);
    tolerations = List.copyOf(tolerations);
  }

  /** Reads one. */
  public static Flavor of(JsonNode object) {
    JsonNode spec = object.path("spec");
    Map<String, String> labels = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> label : spec.path("nodeLabels").properties()) {
      labels.put(label.getKey(), label.getValue().asText(""));
    }
    List<JsonNode> tolerations = new ArrayList<>();
    spec.path("tolerations").forEach(tolerations::add);
    return new Flavor(object.path("metadata").path("name").asText(""), labels, tolerations);
  }
}
