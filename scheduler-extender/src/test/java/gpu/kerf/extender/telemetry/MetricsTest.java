package gpu.kerf.extender.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.OnPath;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.model.hardware.GpuMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");

  @Test
  void everyMetricOfKerfIsDescribedWithItsKind() {
    try (RunningService service = service()) {
      Matcher types = TYPE.matcher(service.get("/metrics"));
      Set<String> seen = new TreeSet<>();
      while (types.find()) {
        if (types.group(1).startsWith("kerf_")) {
          seen.add(types.group(1) + " " + types.group(2));
        }
      }
      Set<String> described = new TreeSet<>();
      for (Metric metric : Metric.values()) {
        described.add(metric.title() + " " + metric.kind().name().toLowerCase(Locale.ROOT));
      }
      assertThat(described).as("described, and scraped").containsAll(seen);
      assertThat(seen).hasSizeGreaterThan(25);
    }
  }

  @Test
  void promtoolFindsNothingToSay(@TempDir Path folder) throws Exception {
    Path promtool = OnPath.orSkip("promtool");
    try (RunningService service = service()) {
      Path scraped = Files.writeString(folder.resolve("metrics"), service.get("/metrics"));
      Path said = folder.resolve("said");
      Process process =
          new ProcessBuilder(List.of(promtool.toString(), "check", "metrics"))
              .redirectInput(scraped.toFile())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();

      assertThat(process.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(Files.readString(said)).isEmpty();
      assertThat(process.exitValue()).isZero();
    }
  }

  @Test
  void openMetricsIsThereForScrapersThatPreferIt() throws IOException {
    Metrics metrics = new Metrics();
    metrics.count(Metric.REFUSALS, "busy");

    Metrics.Scrape scrape = metrics.scrape("application/openmetrics-text; version=1.0.0");

    assertThat(scrape.contentType()).startsWith("application/openmetrics-text");
    assertThat(scrape.text())
        .contains("kerf_http_refused_requests_total{code=\"busy\"} 1.0")
        .endsWith("# EOF\n");
    assertThat(new Metrics().scrape("").contentType()).contains("version=0.0.4");
    assertThat(scrape.text().getBytes(StandardCharsets.UTF_8)).isNotEmpty();
  }

  /** A service in which something of every kind has happened. */
  private static RunningService service() {
    RunningService service =
        RunningService.on(
            List.of(
                RunningService.node("a", 2, "H100-80GB", GpuMode.PLAIN),
                RunningService.node("b", 1, "A100-40GB", GpuMode.MIG_DYNAMIC)));
    service.place("p", "\"kerf.gpu/memory\":\"8Gi\"");
    service.refuse("q", "\"kerf.gpu/whole\":\"9\"");
    service.get("/nothing", 404);
    return service;
  }
}
