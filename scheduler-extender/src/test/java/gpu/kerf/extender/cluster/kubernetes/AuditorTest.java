package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.audit.Finding;
import gpu.kerf.extender.audit.Rule;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Auditor;
import gpu.kerf.extender.cluster.kubernetes.reconciling.ClusterAudit;
import gpu.kerf.extender.cluster.kubernetes.writing.Events;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AuditorTest {
  private static final String NODE =
      """
      {"metadata":{"name":"a","annotations":{"kerf.gpu/inventory":%s}}}"""
          .formatted(
              Manifests.quoted(
                  """
                  {"v":1,"gpus":[
                    {"index":0,"uuid":"GPU-0","model":"H100-80GB","memoryMiB":81559},
                    {"index":1,"uuid":"GPU-1","model":"H100-80GB","memoryMiB":81559}]}\
                  """));
  private static final String SLICE =
      """
      {"metadata":{"name":"s"},"spec":{"driver":"gpu.nvidia.com","nodeName":"a",
       "pool":{"name":"a","generation":1,"resourceSliceCount":1},"devices":[
         {"name":"gpu-0","attributes":{"type":{"string":"gpu"},"uuid":{"string":"GPU-0"}}}]}}""";
  private static final String CLAIMS =
      """
      {"metadata":{},"items":[{"metadata":{"namespace":"ml","name":"c","uid":"uid-c"},
        "status":{"allocation":{"devices":{"results":[
          {"driver":"gpu.nvidia.com","request":"r","pool":"a","device":"gpu-0"}]}}}}]}""";

  private final Metrics metrics = new Metrics();
  private Instant now = Instant.ofEpochSecond(1_000);
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private final ApiServer server = fake.connect();
  private final RequestPool background = fake.background(server);
  private ClusterAudit audit;
  private Auditor auditor;

  @BeforeEach
  void start() {
    Events events = new Events(background, metrics, Clocks.system(), "test");
    audit = new ClusterAudit(server, Duration.ofMillis(1));
    auditor =
        new Auditor(
            audit,
            new Auditor.Pace(new JvmThreads(), Duration.ofHours(1), 0),
            new Auditor.Reporting(events, metrics, () -> now));
    api.put("nodes", NODE);
  }

  private void holds(String name, int gpu) {
    String record =
        """
        {"v":1,"node":"a","containers":[{"name":"main","wall":"none","slots":[
          {"gpu":%1$d,"uuid":"GPU-%1$d","whole":true,"memoryMiB":81152}]}]}\
        """
            .formatted(gpu);
    api.put(
        "pods",
        """
        {"metadata":{"namespace":"ml","name":"%1$s","uid":"uid-%1$s",
          "annotations":{"kerf.gpu/placement":%2$s}},
         "spec":{"nodeName":"a"},"status":{"phase":"Running"}}"""
            .formatted(name, Manifests.quoted(record)));
  }

  private String metric(String begin) {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(line -> line.startsWith(begin))
        .findFirst()
        .map(line -> line.substring(line.lastIndexOf(' ') + 1))
        .orElse("");
  }

  @Test
  void cleanClusterIsListedOnceAndCounted() throws Exception {
    holds("x", 0);
    holds("y", 1);
    now = Instant.ofEpochSecond(2_000);
    auditor.attempt();
    assertThat(metric("kerf_audit_overlaps{rule=\"whole-gpu\"")).isEqualTo("0.0");
    assertThat(metric("kerf_audits_total{outcome=\"done\"")).isEqualTo("1.0");
    assertThat(metric("kerf_audit_last_success_timestamp_seconds")).isEqualTo("2000.0");
    assertThat(api.requests().stream().filter(each -> each.startsWith("GET /api/v1/pods")))
        .hasSize(1);
    assertThat(api.events()).isEmpty();
  }

  @Test
  void overlapIsCountedAndToldToEachPodOnce() throws Exception {
    holds("x", 0);
    holds("y", 0);
    auditor.attempt();
    auditor.attempt();
    assertThat(metric("kerf_audit_overlaps{rule=\"whole-gpu\"")).isEqualTo("1.0");
    Await.until("two events", () -> api.events().size() == 2);
    assertThat(api.events())
        .extracting(event -> event.at("/regarding/name").asText())
        .containsExactlyInAnyOrder("x", "y");
    assertThat(api.events().get(0).path("reason").asText()).isEqualTo("SlotsOverlap");
    assertThat(api.events().get(0).path("note").asText()).contains("GPU-0", "ml/x", "ml/y");

    api.delete("pods", "ml/y");
    auditor.attempt();
    assertThat(metric("kerf_audit_overlaps{rule=\"whole-gpu\"")).isEqualTo("0.0");
  }

  @Test
  void overlapThatIsGoneAtTheSecondReadingIsNotReported() throws Exception {
    holds("x", 0);
    holds("y", 0);
    String both = server.send(ApiRequest.get("/api/v1/pods", Map.of())).json().toString();
    api.delete("pods", "ml/y");
    api.plan(new FakeApiServer.Answer("GET", "/pods", 200, both, false));
    assertThat(audit.run().report().findings()).isEmpty();
  }

  @Test
  void claimIsComparedWithWhatKerfGave() throws Exception {
    api.put("slices", SLICE);
    holds("x", 0);
    api.plan(new FakeApiServer.Answer("GET", "/v1/resourceclaims", 200, CLAIMS, false));
    api.plan(new FakeApiServer.Answer("GET", "/v1/resourceclaims", 200, CLAIMS, false));
    assertThat(audit.run().report().overlaps())
        .extracting(Finding::rule)
        .containsExactly(Rule.RESOURCE_CLAIM);
  }

  @Test
  void claimsThatMayNotBeReadAreNotedAndTheRestIsAudited() throws Exception {
    holds("x", 0);
    String refused = "{\"kind\":\"Status\",\"message\":\"resourceclaims is forbidden\"}";
    api.plan(new FakeApiServer.Answer("GET", "/v1/resourceclaims", 403, refused, false));
    ClusterAudit.Outcome outcome = audit.run();
    assertThat(outcome.notes()).hasSize(1).first().asString().contains("forbidden");
    assertThat(outcome.report().held()).hasSize(1);
  }

  @Test
  void everyPageIsReadAndListThatExpiresIsNoAudit() throws Exception {
    for (int i = 0; i < 1_201; i++) {
      holds("x" + i, i);
    }
    assertThat(audit.run().report().holders()).isEqualTo(1_201);
    api.plan(new FakeApiServer.Answer("GET", "/pods", 410, "{\"message\":\"expired\"}", false));
    assertThatThrownBy(audit::run).isInstanceOf(IOException.class).hasMessageContaining("410");
  }

  @Test
  void auditThatFailsIsCountedAndChangesNothing() throws Exception {
    holds("x", 0);
    holds("y", 0);
    auditor.attempt();
    now = Instant.ofEpochSecond(9_000);
    api.plan(new FakeApiServer.Answer("GET", "/nodes", 503, "{}", false));
    auditor.attempt();
    assertThat(metric("kerf_audits_total{outcome=\"failed\"")).isEqualTo("1.0");
    assertThat(metric("kerf_audit_overlaps{rule=\"whole-gpu\"")).isEqualTo("1.0");
    assertThat(metric("kerf_audit_last_success_timestamp_seconds")).isEqualTo("1000.0");
  }

  @Test
  void missingGpuIsCountedAsProblemAndNotAsOverlap() throws Exception {
    holds("x", 7);
    auditor.attempt();
    assertThat(metric("kerf_audit_problems{rule=\"missing-gpu\"")).isEqualTo("1.0");
    assertThat(List.of("whole-gpu", "memory"))
        .allMatch(rule -> metric("kerf_audit_overlaps{rule=\"" + rule + "\"").equals("0.0"));
    assertThat(api.events()).isEmpty();
  }
}
