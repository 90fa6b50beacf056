package gpu.kerf.extender.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What kubectl makes of the folder. The operator's own kinds are not known to any API server here.
 */
@ClusterTest
final class ManifestsTest {

  private static List<JsonNode> rendered(ControlPlane plane, String folder) throws IOException {
    String text = plane.kubectl("kustomize", "../manifests/" + folder);
    YAMLMapper yaml = new YAMLMapper();
    try (MappingIterator<JsonNode> objects =
        yaml.readValues(yaml.createParser(text), JsonNode.class)) {
      return objects.readAll();
    }
  }

  private static JsonNode find(List<JsonNode> objects, String kind, String name) {
    return objects.stream()
        .filter(each -> each.path("kind").asText().equals(kind))
        .filter(each -> each.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("There is no " + kind + " " + name));
  }

  @Test
  void theServiceMonitorFindsTheServiceAndItsPort(ControlPlane plane) throws IOException {
    JsonNode monitor = find(rendered(plane, "monitoring"), "ServiceMonitor", "kerf");
    JsonNode service = find(rendered(plane, "base"), "Service", "kerf");
    JsonNode wanted = monitor.at("/spec/selector/matchLabels");
    assertThat(wanted.size()).isPositive();
    wanted
        .properties()
        .forEach(
            label ->
                assertThat(service.at("/metadata/labels").path(label.getKey()))
                    .isEqualTo(label.getValue()));
    assertThat(service.at("/spec/ports").findValuesAsText("name"))
        .contains(monitor.at("/spec/endpoints/0/port").asText());
    assertThat(monitor.at("/metadata/namespace")).isEqualTo(service.at("/metadata/namespace"));
    assertThat(service.at("/metadata/labels").path(monitor.at("/spec/jobLabel").asText()).asText())
        .as("rules and boards ask for this job")
        .isEqualTo("kerf");
  }

  @Test
  void grafanaFindsTheBoards(ControlPlane plane) throws IOException {
    List<JsonNode> objects = rendered(plane, "monitoring");
    for (String board : List.of("platform", "team", "teams", "my-team", "fairness")) {
      JsonNode map = find(objects, "ConfigMap", "kerf-board-" + board);
      assertThat(map.at("/metadata/labels/grafana_dashboard").asText()).isEqualTo("1");
      String json = map.path("data").path("kerf-" + board + ".json").asText();
      assertThat(new ObjectMapper().readTree(json)).isEqualTo(Monitoring.board(board));
    }
  }
}
