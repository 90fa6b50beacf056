package gpu.kerf.extender.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiTest {
  private static final List<NodeSpec> NODES =
      List.of(
          RunningService.node("node-b", 2, "A100-40GB", GpuMode.MIG_DYNAMIC),
          RunningService.node("node-a", 2, "H100-80GB", GpuMode.PLAIN));

  private RunningService service = RunningService.on(List.of());

  @BeforeEach
  void start() {
    service.close();
    service = RunningService.on(NODES, "limits.eventStreams=1");
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void theFleetAddsUp() {
    service.place("p", "\"kerf.gpu/whole\":\"1\"");
    Await.until(
        "the fleet is looked at again",
        () -> service.json("/api/v1/fleet").path("totals").path("pods").asInt() == 1);

    JsonNode fleet = service.json("/api/v1/fleet");

    assertThat(names(fleet.path("nodes"))).as("by name").containsExactly("node-a", "node-b");
    assertThat(fleet.path("time").asLong()).isEqualTo(service.millis.get());
    assertThat(sum(fleet.path("nodes"), "heldMiB")).isEqualTo(81559);
    for (String field : List.of("heldMiB", "freeMiB", "strandedMiB", "capacityMiB", "gpus")) {
      assertThat(sum(fleet.path("models"), field))
          .as(field)
          .isEqualTo(fleet.path("totals").path(field).asLong());
    }
    JsonNode h100 = fleet.path("models").path(1);
    assertThat(h100.path("name").asText()).isEqualTo("H100-80GB");
    assertThat(h100.path("untouchedGpus").asInt()).isEqualTo(1);
    assertThat(h100.path("largestShareMiB").asInt()).isGreaterThan(80_000);
  }

  @Test
  void aNodeTellsWhoHoldsWhichPartOfItsGpus() {
    service.place("whole", "\"kerf.gpu/whole\":\"1\"");

    JsonNode node = service.json("/api/v1/nodes/node-a");

    assertThat(node.path("cpuMilli").isNull()).as("its CPU is not counted").isTrue();
    List<JsonNode> slots = new ArrayList<>();
    node.path("gpus").forEach(gpu -> gpu.path("slots").forEach(slots::add));
    assertThat(slots).hasSize(1);
    assertThat(slots.get(0).path("kind").asText()).isEqualTo("whole");
    assertThat(slots.get(0).path("uid").asText()).isEqualTo("uid-whole");
    assertThat(slots.get(0).path("container").asText()).isEqualTo("main");
  }

  @Test
  void aClusterWithoutTeamsSaysSo() {
    JsonNode teams = service.json("/api/v1/teams");

    assertThat(teams.path("enabled").asText()).isEqualTo("false");
    assertThat(teams.path("time").asLong()).isEqualTo(service.millis.get());
    assertThat(teams.path("teams").isArray()).isTrue();
    assertThat(service.get("/api/v1/teams?team=ml", 404)).contains("There is no team ml.");
    assertThat(service.get("/api/v1/teams?team=ml&limit=0", 400)).contains("limit (0)");
  }

  @Test
  void aPodThatWasDeletedByForceIsShownUntilItsSlotsAreFree() {
    service.place("p", "\"kerf.gpu/whole\":\"1\"");
    quarantine(new Quarantined((service.millis.get() + 90_000) * 1_000_000, false));

    JsonNode slot = service.json("/api/v1/nodes/node-a").at("/gpus/0/slots/0");
    assertThat(slot.path("state").asText()).isEqualTo("quarantined");
    assertThat(slot.path("heldUntil").asLong()).isEqualTo(service.millis.get() + 90_000);
    for (String query : List.of("state=quarantined", "uid=uid-p", "namespace=ml&q=p")) {
      JsonNode pods = service.json("/api/v1/pods?" + query);
      assertThat(pods.path("total").asInt()).as(query).isEqualTo(1);
      JsonNode pod = pods.path("pods").path(0);
      assertThat(pod.path("state").asText()).isEqualTo("quarantined");
      assertThat(pod.path("node").asText()).isEqualTo("node-a");
      assertThat(pod.path("reason").asText()).contains("deleted by force");
      assertThat(pod.path("heldUntil").asLong()).isEqualTo(service.millis.get() + 90_000);
      assertThat(pod.path("slots").path(0).path("kind").asText()).isEqualTo("whole");
    }
    assertThat(service.json("/api/v1/pods?state=bound").path("total").asInt()).isZero();
    assertThat(service.json("/api/v1/pods?q=other").path("total").asInt()).isZero();
    assertThat(service.get("/metrics"))
        .contains("kerf_ledger_placements{state=\"quarantined\",} 1.0")
        .contains("kerf_quarantined_gpu_memory_bytes 8.5520809984E10");

    quarantine(new Quarantined(0, true));
    assertThat(service.json("/api/v1/nodes/node-a").at("/gpus/0/slots/0/heldUntil").isNull())
        .as("the end is not known while the node is silent")
        .isTrue();
  }

  @Test
  void anExplanationNamesThePodsThatWereDeletedByForceAndStillHoldTheRoom() throws Exception {
    String twoGpus =
        """
        kind: Pod
        metadata: {annotations: {kerf.gpu/split: "2"}}
        spec:
          containers:
          - {name: main, resources: {limits: {kerf.gpu/memory: 140Gi}}}
        """;
    service.place("p", "\"kerf.gpu/whole\":\"1\"");
    assertThat(explain("application/yaml", twoGpus).has("held"))
        .as("p runs, and is not deleted")
        .isFalse();
    quarantine(new Quarantined((service.millis.get() + 90_000) * 1_000_000, false));

    JsonNode explained = explain("application/yaml", twoGpus);

    assertThat(explained.has("best")).isFalse();
    JsonNode held = explained.path("held");
    assertThat(held).hasSize(1);
    assertThat(held.at("/0/node").asText()).isEqualTo("node-a");
    assertThat(held.at("/0/pods/0").asText()).isEqualTo("ml/p");
    assertThat(held.at("/0/heldUntil").asLong()).isEqualTo(service.millis.get() + 90_000);
    assertThat(explain("application/yaml", twoGpus.replace("140Gi", "60Gi")).has("held"))
        .as("it fits elsewhere")
        .isFalse();
  }

  private void quarantine(Quarantined hold) {
    service.onLoop(
        () -> {
          service.listener().podQuarantined("uid-p", hold);
          return hold;
        });
  }

  @Test
  void pagesOfNodesLeaveOutWhatIsNotThere() {
    JsonNode page = service.json("/api/v1/nodes?names=node-b,gone,node-a&limit=3");

    assertThat(names(page.path("nodes"))).containsExactly("node-b", "node-a");
    assertThat(names(service.json("/api/v1/nodes?names=node-b,node-a&limit=1").path("nodes")))
        .containsExactly("node-b");
  }

  @Test
  void pendingPodsSayWhyAndWhatWouldHelp() {
    service.refuse("big", "\"kerf.gpu/whole\":\"3\"");

    JsonNode pods = service.json("/api/v1/pods?state=pending&namespace=ml");

    assertThat(pods.path("total").asInt()).isEqualTo(1);
    JsonNode pod = pods.path("pods").path(0);
    assertThat(pod.path("state").asText()).isEqualTo("pending");
    assertThat(pod.path("node").isNull()).isTrue();
    assertThat(pod.path("reason").asText()).contains("fewer GPUs than the pod asks for");
    assertThat(pod.path("change").asText()).isNotBlank();
    assertThat(service.json("/api/v1/pods?state=pending&namespace=other").path("total").asInt())
        .isZero();
  }

  @Test
  void aPodThatKubeSchedulerRefusesByItselfHasItsReason() {
    service.onLoop(
        () -> {
          PodView.Ref ref = new PodView.Ref("ml", "alone", "uid-alone");
          PodView.Builder pod = PodView.of(ref).schedulerName("kerf");
          pod.container("main", Map.of("kerf.gpu/whole", "1"));
          pod.unschedulable("0/2 nodes are available: 2 node(s) were unschedulable.");
          service.listener().podChanged(pod.build());
          return pod;
        });

    JsonNode pod = service.json("/api/v1/pods?state=pending").path("pods").path(0);

    assertThat(pod.path("name").asText()).isEqualTo("alone");
    assertThat(pod.path("reason").asText())
        .isEqualTo("kube-scheduler: 0/2 nodes are available: 2 node(s) were unschedulable.");
  }

  @Test
  void nodesThatKubeSchedulerLeavesOutAreToldApart() throws Exception {
    service.onLoop(
        () -> {
          NodeRules cordoned = new NodeRules(Map.of(), List.of(), true);
          service.listener().nodeRulesChanged("node-a", cordoned);
          service.listener().nodeRulesChanged("node-b", cordoned);
          return cordoned;
        });

    JsonNode explained =
        explain("application/json", RunningService.pod("x", "\"kerf.gpu/memory\":\"8Gi\""));

    assertThat(explained.has("best")).isFalse();
    assertThat(explained.at("/leftOut/0/text").asText()).isEqualTo("the node is cordoned");
    assertThat(explained.at("/leftOut/0/fitting").asInt()).isEqualTo(2);
    assertThat(explained.path("verdicts")).as("of nodes that the pod may go to").isEmpty();
  }

  @Test
  void anotherSchedulersPodIsToldSo() throws Exception {
    String pod =
        RunningService.pod("x", "\"kerf.gpu/memory\":\"8Gi\"")
            .replace("\"schedulerName\":\"kerf\"", "\"schedulerName\":\"other\"");

    assertThat(explain("application/json", pod).path("notes").toString())
        .contains("Its schedulerName is other, so Kerf is not asked about it.");
  }

  @Test
  void aPodThatOnlyTimeCanHelpSaysSo() {
    service.place("one", "\"kerf.gpu/whole\":\"2\"");
    service.place("two", "\"kerf.gpu/memory\":\"38Gi\"");
    service.place("three", "\"kerf.gpu/memory\":\"38Gi\"");
    service.refuse("late", "\"kerf.gpu/memory\":\"2Gi\"");

    JsonNode pod = service.json("/api/v1/pods?state=pending").path("pods").path(0);

    assertThat(pod.path("reason").asText()).isNotBlank();
    assertThat(pod.has("change")).as("it was looked for").isTrue();
    assertThat(pod.path("change").isNull()).as("none would help: " + pod).isTrue();
  }

  @Test
  void podsAreFoundByAPartOfTheirNameAndByTheirUid() {
    service.place("chat-1", "\"kerf.gpu/memory\":\"2Gi\"");
    service.place("chat-2", "\"kerf.gpu/memory\":\"2Gi\"");
    service.refuse("other", "\"kerf.gpu/whole\":\"9\"");

    assertThat(names(service.json("/api/v1/pods?q=ML/Chat").path("pods")))
        .containsExactlyInAnyOrder("chat-1", "chat-2");
    assertThat(service.json("/api/v1/pods?q=chat&limit=1").path("total").asInt()).isEqualTo(2);
    assertThat(names(service.json("/api/v1/pods?uid=uid-other").path("pods")))
        .containsExactly("other");
    assertThat(service.json("/api/v1/pods?uid=uid-cha").path("total").asInt()).isZero();
    assertThat(service.json("/api/v1/pods?q=chat&state=pending").path("total").asInt()).isZero();
  }

  @Test
  void aGpuInMigModeNamesItsStrandedSlices() {
    // Seven 1g.5gb take slices 0 to 6, beside which nothing fits into slice 7.
    for (int i = 0; i < 14; i++) {
      assertThat(service.placeWalled("a" + i, "\"kerf.gpu/memory\":\"4Gi\"")).isEqualTo("node-b");
    }

    for (JsonNode gpu : service.json("/api/v1/nodes/node-b").path("gpus")) {
      JsonNode stranded = gpu.path("strandedSlices");
      assertThat(stranded.size() * gpu.path("memoryMiB").asLong() / gpu.path("slices").asLong())
          .isEqualTo(gpu.path("strandedMiB").asLong());
      assertThat(free(gpu)).isEqualTo(1);
      assertThat(stranded).hasToString("[7]");
    }
    assertThat(service.json("/api/v1/nodes/node-a").path("gpus").path(0).has("strandedSlices"))
        .as("a plain GPU has no slices")
        .isFalse();
  }

  private static long free(JsonNode gpu) {
    long free = gpu.path("slices").asLong();
    for (JsonNode slot : gpu.path("slots")) {
      free -= slot.path("size").asLong();
    }
    return free;
  }

  @Test
  void onlyPagesOfThisServerMayHaveManifestsExplained() throws Exception {
    String pod = RunningService.pod("x", "\"kerf.gpu/memory\":\"8Gi\"");
    String own = "http://127.0.0.1:" + service.port;

    assertThat(explain("application/yaml", pod, "Origin", own).path("best").isMissingNode())
        .isFalse();
    assertThat(explain("text/plain", pod, "Origin", "https://evil.example").at("/error/code"))
        .hasToString("\"browser\"");
    assertThat(explain("text/plain", pod, "Sec-Fetch-Site", "cross-site").at("/error/code"))
        .hasToString("\"browser\"");
    assertThat(explain("application/yaml", pod, "Sec-Fetch-Site", "same-origin").has("best"))
        .isTrue();
  }

  @Test
  void decisionsAreToldNewestFirstAndForOnePodAlone() {
    service.place("p", "\"kerf.gpu/whole\":\"1\"");
    service.refuse("q", "\"kerf.gpu/whole\":\"9\"");

    JsonNode all = service.json("/api/v1/decisions").path("decisions");
    JsonNode ofP = service.json("/api/v1/decisions?pod=uid-p&limit=1").path("decisions");

    assertThat(all).hasSize(3);
    assertThat(all.path(0).path("outcome").asText()).isEqualTo("refused");
    assertThat(all.path(0).path("refused").path(0).path("nodes").asInt()).isPositive();
    assertThat(ofP).hasSize(1);
    assertThat(ofP.path(0).path("verb").asText()).isEqualTo("bind");
    assertThat(ofP.path(0).path("why").asText()).contains("node-a");
  }

  @Test
  void manifestsAreExplainedInJsonAndInYaml() throws Exception {
    String json = RunningService.pod("x", "\"kerf.gpu/memory\":\"8Gi\"");
    String yaml =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: x}
        spec:
          containers:
          - name: main
            resources: {limits: {kerf.gpu/whole: 9}}
        """;

    assertThat(explain("application/json", json).path("best").path("node").asText()).isNotBlank();
    JsonNode refused = explain("application/yaml", yaml);
    assertThat(refused.path("verdicts").path(0).path("verdict").asText()).isEqualTo("never");
    assertThat(explain("application/yaml", "metadata: [").path("problems")).isNotEmpty();
    assertThat(explain("image/png", json).path("error").path("code").asText())
        .isEqualTo("media-type");
    assertThat(
            explain("application/yaml", "x: " + "y".repeat(2 << 20))
                .path("error")
                .path("code")
                .asText())
        .isEqualTo("body-too-long");
    assertThat(service.json("/api/v1/decisions").path("decisions"))
        .as("nothing was done")
        .isEmpty();
  }

  private JsonNode explain(String type, String manifest, String... header) throws Exception {
    HttpRequest.Builder builder = HttpRequest.newBuilder(uri("/api/v1/explain"));
    if (header.length > 0) {
      builder.headers(header);
    }
    HttpRequest request =
        builder.header("Content-Type", type).POST(BodyPublishers.ofString(manifest)).build();
    return new ObjectMapper().readTree(http().send(request, BodyHandlers.ofString()).body());
  }

  @Test
  void theTimelineGetsAPointASecond() {
    Await.until(
        "there are two points", () -> service.json("/api/v1/timeline").path("points").size() >= 2);
    assertThat(service.json("/api/v1/timeline").path("points").path(0).path("capacityMiB").asLong())
        .isPositive();
  }

  @Test
  void theStatusTellsHowTheServiceIs() {
    JsonNode status = service.json("/api/v1/status");
    assertThat(status.path("mode").asText()).isEqualTo("demo");
    assertThat(status.path("answer").asText()).isEqualTo("winners");
    assertThat(status.path("settings").path("loadedAt").asLong()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/nodes/gone, 404, There is no node gone",
    "/api/v1/nodes, 400, which nodes",
    "/api/v1/pods?limit=no, 400, positive number",
    "/api/v1/pods?limit=0, 400, positive number",
    "/api/v1/pods?state=lost, 400, 'pending, bound or quarantined'",
    "/api/v1/decisions?limit=-1, 400, positive number",
    "/api/v2/fleet, 404, /api/v1/fleet",
    "/api/v1/explain, 405, Use POST"
  })
  void whatIsNotThereOrMakesNoSenseIsRefused(String path, int status, String text) {
    assertThat(service.get(path, status)).contains(text);
  }

  @Test
  void eventsTellWhatHappensAndASecondListenerIsTurnedAway() throws Exception {
    HttpResponse<Stream<String>> events =
        http().send(HttpRequest.newBuilder(uri("/api/v1/events")).build(), BodyHandlers.ofLines());
    assertThat(events.headers().firstValue("content-type")).contains("text/event-stream");
    assertThat(service.get("/api/v1/events", 503)).contains("limits.eventStreams");
    service.place("p", "\"kerf.gpu/whole\":\"1\"");

    Map<String, JsonNode> seen = new LinkedHashMap<>();
    Iterator<String> lines = events.body().iterator();
    while (!seen.keySet().containsAll(Set.of("status", "nodes", "timeline", "decision"))) {
      String line = lines.next();
      if (line.startsWith("event: ")) {
        String data = lines.next().substring("data: ".length());
        seen.put(line.substring("event: ".length()), new ObjectMapper().readTree(data));
      }
    }
    JsonNode nothing = new ObjectMapper().missingNode();
    assertThat(seen.getOrDefault("timeline", nothing).path("capacityMiB").asLong()).isPositive();
    assertThat(seen.getOrDefault("decision", nothing).path("uid").asText()).isEqualTo("uid-p");
  }

  @Test
  void theConsoleIsServedUnderAPolicyThatTrustsNothingElse() throws Exception {
    HttpResponse<String> page =
        http().send(HttpRequest.newBuilder(uri("/")).build(), BodyHandlers.ofString());
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
    assertThat(page.headers().firstValue("content-security-policy").orElse(""))
        .contains("default-src 'none'", "script-src 'self'")
        .doesNotContain("unsafe");
    String tag = page.headers().firstValue("etag").orElse("");
    HttpRequest again = HttpRequest.newBuilder(uri("/")).header("If-None-Match", tag).build();
    assertThat(http().send(again, BodyHandlers.ofString()).statusCode()).isEqualTo(304);
    assertThat(service.get("/js/../META-INF/services/io.vertx.config.spi.ConfigProcessor", 404))
        .contains("not-found");
    assertThat(service.get("/" + "a.".repeat(3_000) + "js", 404)).as("a long path").isNotEmpty();
  }

  /** The console was made against these documents; a key that is missing here breaks it. */
  @Test
  void whatIsServedHasTheKeysThatTheConsoleWasMadeFor() throws IOException {
    service.place("p", "\"kerf.gpu/memory\":\"8Gi\"");
    service.refuse("q", "\"kerf.gpu/whole\":\"3\"");
    Await.until(
        "a point is there", () -> !service.json("/api/v1/timeline").path("points").isEmpty());
    Await.until(
        "the fleet is looked at again",
        () -> service.json("/api/v1/fleet").path("totals").path("pending").asInt() == 1);

    assertKeys("fleet.json", service.json("/api/v1/fleet"));
    assertKeys("nodes.json", service.json("/api/v1/nodes?names=node-a"));
    assertKeys("pods-bound.json", service.json("/api/v1/pods?state=bound"));
    assertKeys("pods-pending.json", service.json("/api/v1/pods?state=pending"));
    assertKeys("timeline.json", service.json("/api/v1/timeline"));
    assertKeys("status.json", service.json("/api/v1/status"));
  }

  private static void assertKeys(String fixture, JsonNode served) throws IOException {
    try (InputStream in = ApiTest.class.getResourceAsStream("/api-v1/" + fixture)) {
      JsonNode expected = new ObjectMapper().readTree(in);
      assertThat(keys(served)).as(fixture).containsAll(keys(expected));
    }
  }

  /** The keys of a document, and of the first of each list. */
  private static Set<String> keys(JsonNode document) {
    Set<String> keys = new TreeSet<>();
    document
        .properties()
        .forEach(
            field -> {
              keys.add(field.getKey());
              JsonNode inner =
                  field.getValue().isArray() ? field.getValue().path(0) : field.getValue();
              inner.fieldNames().forEachRemaining(name -> keys.add(field.getKey() + "." + name));
            });
    return keys;
  }

  private static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.forEach(each -> names.add(each.path("name").asText()));
    return names;
  }

  private static long sum(JsonNode list, String field) {
    long sum = 0;
    for (JsonNode each : list) {
      sum += each.path(field).asLong();
    }
    return sum;
  }

  private static HttpClient http() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + service.port + path);
  }
}
