package gpu.kerf.extender.cost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PrometheusUsageTest {

  @Test
  void promtoolTriesTheQueriesThatPrometheusIsAsked() throws IOException {
    String tried = Files.readString(Path.of("src/test/resources/monitoring/report.yaml"));

    assertThat(tried)
        .contains("expr: '" + PrometheusUsage.TEAMS + "'")
        .contains("expr: '" + PrometheusUsage.PLACES + "'");
  }
}
