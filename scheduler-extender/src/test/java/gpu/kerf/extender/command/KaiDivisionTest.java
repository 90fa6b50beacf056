package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.KerfCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kerf's shares beside those of KAI's simulator of fair share, on random cases. KAI rounds to whole
 * GPUs where a queue asks for more than it gets; Kerf does not.
 */
class KaiDivisionTest {
  private static final Path FILE =
      Path.of(System.getProperty("kerf.fairshare.dir", "../../shared/data/fairshare"))
          .resolve("kai_division.json");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder = Path.of("");

  @Test
  void sharesAreThoseOfKaiButForItsRounding() throws IOException {
    assumeTrue(Files.exists(FILE), "KAI's figures not found: " + FILE);
    JsonNode cases = JSON.readTree(FILE.toFile());
    int within = 0;
    double most = 0;
    for (JsonNode each : cases) {
      double difference = difference(each.path("gpuFairShare"), shares(each));
      most = Math.max(most, difference);
      within += difference <= 1 ? 1 : 0;
    }
    assertThat(cases.size()).isGreaterThanOrEqualTo(200);
    assertThat(within).as("cases within 1 GPU").isGreaterThanOrEqualTo(cases.size() * 98 / 100);
    assertThat(most).isLessThanOrEqualTo(2);
  }

  private static double difference(JsonNode kai, JsonNode shares) {
    double most = 0;
    assertThat(shares.size()).isEqualTo(kai.size());
    for (String team : (Iterable<String>) kai::fieldNames) {
      double ours = Double.parseDouble(shares.path(team).textValue());
      most = Math.max(most, Math.abs(ours - kai.path(team).doubleValue()));
    }
    return most;
  }

  private JsonNode shares(JsonNode kai) throws IOException {
    ObjectNode input = JSON.createObjectNode().put("total", kai.path("total").asText());
    for (JsonNode queue : kai.path("queues")) {
      ObjectNode team =
          input
              .withArray("teams")
              .addObject()
              .put("name", queue.path("id").asText())
              .put("guarantee", queue.path("deserved").asText())
              .put("weight", queue.path("overQuotaWeight").decimalValue())
              .put("priority", queue.path("priority").intValue())
              .put("asks", queue.path("request").asText());
      if (queue.has("maxAllowed")) {
        team.put("limit", queue.path("maxAllowed").asText());
      }
    }
    Path file = Files.writeString(folder.resolve("case.json"), input.toString());
    KerfCalls kerf = new KerfCalls();
    assertThat(kerf.call("teams", "divide", "-f", file.toString(), "--json")).isZero();
    return JSON.readTree(kerf.out()).path("shares");
  }
}
