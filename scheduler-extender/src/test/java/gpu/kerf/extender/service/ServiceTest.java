package gpu.kerf.extender.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {
  private static final List<NodeSpec> NODES =
      List.of(
          RunningService.node("a", 2, "H100-80GB", GpuMode.PLAIN),
          RunningService.node("b", 2, "A100-40GB", GpuMode.MIG_DYNAMIC));

  @Test
  void itWarmsUpWhileThePodsComeAndIsReadyWhenTheyAreThere() {
    try (RunningService service =
        RunningService.notSynced(NODES, "readiness.warmUpPods=50", "readiness.warmUp=30s")) {
      assertThat(missing(service)).containsExactlyInAnyOrder("warm", "synced");

      service.nodesTold();

      Await.until("it is warm", () -> missing(service).equals(List.of("synced")));
      assertThat(service.get("/metrics")).contains("kerf_ready{condition=\"warm\",} 1.0");

      service.sync();

      Await.until("it is ready", () -> service.json("/api/v1/status").path("ready").asBoolean());
      assertThat(service.json("/readyz").path("missing")).isEmpty();
    }
  }

  private static List<String> missing(RunningService service) {
    List<String> missing = new ArrayList<>();
    JsonNode answer = RunningService.parsed(service.get("/readyz", 503));
    answer.path("missing").forEach(each -> missing.add(each.path("condition").asText()));
    return missing;
  }

  @Test
  void theWarmUpLeavesNoTraceInTheRealLedger() {
    try (RunningService service =
        RunningService.on(NODES, "readiness.warmUpPods=50", "readiness.warmUp=30s")) {
      Await.until("it is ready", () -> service.json("/api/v1/status").path("ready").asBoolean());

      JsonNode totals = service.json("/api/v1/fleet").path("totals");
      assertThat(totals.path("heldMiB").asLong()).isZero();
      assertThat(totals.path("pods").asLong() + totals.path("pending").asLong()).isZero();
      assertThat(service.json("/api/v1/decisions").path("decisions")).isEmpty();
      assertThat(service.get("/metrics")).doesNotContain("rehearsal");
    }
  }

  @Test
  void anOldPictureOfTheClusterMakesItNotReady() {
    try (RunningService service = RunningService.on(NODES)) {
      Await.until("it is ready", () -> service.json("/api/v1/status").path("ready").asBoolean());

      service.stale(Duration.ofMinutes(5));

      assertThat(service.get("/readyz", 503)).contains("last heard of 300 s ago");
    }
  }

  @Test
  void aPodIsFilteredBoundAndSeen() {
    try (RunningService service = RunningService.on(NODES)) {
      assertThat(service.place("p", "\"kerf.gpu/whole\":\"2\"")).isEqualTo("a");

      assertThat(service.get("/metrics"))
          .contains("kerf_verb_answers_total{verb=\"bind\",outcome=\"placed\",reason=\"\",} 1.0")
          .contains("kerf_ledger_placements{state=\"binding\",}");
      JsonNode gpu = service.json("/api/v1/nodes/a").path("gpus").path(0);
      assertThat(gpu.path("slots").path(0).path("pod").asText()).isEqualTo("p");
      service.refuse("q", "\"kerf.gpu/whole\":\"2\"");
      assertThat(service.get("/metrics"))
          .contains("verb=\"filter\",outcome=\"refused\",reason=\"gpus-taken\",} 1.0");
    }
  }

  @Test
  void theMetricSaysUnderWhichIdAVerbFailed() {
    try (RunningService service = RunningService.notSynced(NODES)) {
      String bind = "{\"PodName\":\"p\",\"PodNamespace\":\"ml\",\"PodUID\":\"p\",\"Node\":\"a\"}";
      assertThat(service.post("/bind", bind).path("Error").asText()).endsWith("(kerf:not-synced)");
      String filter = "{\"Pod\":%s,\"NodeNames\":[\"a\"]}".formatted(RunningService.pod("p", ""));
      assertThat(service.post("/filter", filter).path("Error").asText())
          .endsWith("(kerf:not-synced)");

      assertThat(service.get("/metrics"))
          .contains("verb=\"bind\",outcome=\"error\",reason=\"not-synced\",} 1.0")
          .contains("verb=\"filter\",outcome=\"error\",reason=\"not-synced\",} 1.0");
    }
  }

  @Test
  void theAnswerModeChangesWhileItRunsAndABadFileChangesNothing(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("kerf.yaml");
    Files.writeString(file, "scheduling: {answer: winners}");
    try (RunningService service = RunningService.with(file, NODES)) {
      Files.writeString(file, "scheduling: {answer: all}");
      Await.value(service.begin(service.service::reload));
      assertThat(service.json("/api/v1/status").path("answer").asText()).isEqualTo("all");

      Files.writeString(file, "scheduling: {answer: most}");
      Await.value(service.begin(service.service::reload));

      JsonNode status = service.json("/api/v1/status");
      assertThat(status.path("answer").asText()).isEqualTo("all");
      assertThat(status.path("settings").path("problem").asText()).contains("scheduling.answer");
      assertThat(service.get("/metrics"))
          .contains("kerf_settings_valid 0.0")
          .contains("kerf_settings_reloads_total{outcome=\"changed\",} 1.0")
          .contains("kerf_settings_reloads_total{outcome=\"refused\",} 1.0");
    }
  }
}
