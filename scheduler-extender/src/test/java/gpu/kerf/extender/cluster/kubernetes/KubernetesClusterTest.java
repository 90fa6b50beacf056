package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class KubernetesClusterTest {
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final Metrics metrics = new Metrics();
  private final RecordingListener listener = new RecordingListener();
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private KubernetesCluster cluster;

  @BeforeEach
  void start() {
    cluster = cluster(Clocks.system());
  }

  private KubernetesCluster cluster(Clocks clocks) {
    ApiServer server = fake.connect(Duration.ofMillis(500), Duration.ofMillis(1500));
    KubernetesCluster.Options options = TestOptions.with(Duration.ofSeconds(1));
    return new KubernetesCluster(server, options, clocks, metrics);
  }

  @AfterEach
  void stop() throws InterruptedException {
    cluster.close();
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  private void follow() {
    cluster.start(loop, listener);
    Await.until("it is synced", cluster::synced);
  }

  private void awaitLine(String line) {
    Await.until(line + " in " + listener.lines, () -> listener.lines.contains(line));
  }

  private static <T> T value(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private PodView.Ref ref(String name) {
    ObjectNode pod = api.get("pods", "ml/" + name);
    return new PodView.Ref("ml", name, pod.path("metadata").path("uid").asText());
  }

  /** What comes before every binding. */
  private void takeLease(String pod) {
    PodView.Ref ref = ref(pod);
    CompletionStage<BindReadiness> taken =
        CompletableFuture.supplyAsync(() -> cluster.catchUp("a", ref), loop).join();
    assertThat(value(taken)).isIn(BindReadiness.READY, BindReadiness.BEHIND);
  }

  private BindResult bind(String name) {
    takeLease(name);
    return value(cluster.bind(new Binding(ref(name), "a", Map.of("kerf.gpu/placement", "{}"))));
  }

  private String metric(String line) {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(each -> each.startsWith(line))
        .findFirst()
        .orElse("");
  }

  @Test
  void everythingThatIsThereIsToldBeforeItIsSyncedNodesBeforePods() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    for (int i = 0; i < 1_201; i++) {
      api.put("pods", Manifests.pod("p" + i, "kerf.gpu/memory", "8Gi"));
    }
    follow();
    assertThat(listener.lines.get(0)).isEqualTo("node a 2");
    assertThat(listener.lines.stream().filter(line -> line.startsWith("pod ml/"))).hasSize(1_201);
    assertThat(lists("/api/v1/pods")).as("pages of 500").isEqualTo(3);
  }

  @Test
  void changesComeByTheWatchAndNothingIsListedAgainThoughItEndsEverySecond() {
    follow();
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    awaitLine("node a 2");
    Await.until("the watch of nodes was renewed twice", () -> watches("/api/v1/nodes") >= 3);
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    awaitLine("pod ml/p on ");
    String uid = ref("p").uid();
    api.delete("pods", "ml/p");
    awaitLine("pod gone " + uid);
    assertThat(metric("kerf_lists_total{resource=\"nodes\"")).endsWith("} 1.0");
    assertThat(cluster.staleness()).isLessThan(Duration.ofSeconds(2));
  }

  /** What a pod of its own status looks like on node a, with a slot of Kerf's. */
  private static String running(String name, String deletion, String status) {
    return """
    {"metadata":{"namespace":"ml","name":"%s","annotations":{"kerf.gpu/placement":"{}"}%s},
     "spec":{"nodeName":"a","terminationGracePeriodSeconds":1,
      "containers":[{"name":"main","resources":{}}]},"status":%s}\
    """
        .formatted(name, deletion, status);
  }

  private static final String RUNS =
      """
      {"phase":"Running","containerStatuses":[{"name":"main","state":{"running":{}}}]}\
      """;

  private static final String ENDED =
      """
      {"phase":"Running","containerStatuses":[{"name":"main","state":{"terminated":{}}}]}\
      """;

  private static final String OVER =
      """
      {"phase":"Succeeded","containerStatuses":[{"name":"main","state":{"terminated":{}}}]}\
      """;

  @Test
  void aPodThatIsDeletedWhileItRunsIsQuarantinedAndGoneAfterItsTime() {
    follow();
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    api.put("pods", running("p", "", RUNS));
    String uid = ref("p").uid();
    api.delete("pods", "ml/p");
    awaitLine("quarantined " + uid);
    assertThat(listener.lines).doesNotContain("pod gone " + uid);
    Await.until(
        "its time is over",
        () -> {
          loop.execute(cluster::tick);
          return listener.lines.contains("pod gone " + uid);
        });
  }

  @Test
  void aPodThatEndsIsGoneAtOnceBeItsObjectThereOrNot() {
    follow();
    api.put("pods", running("over", "", RUNS));
    api.put("pods", running("left", "", RUNS));
    String over = ref("over").uid();
    String left = ref("left").uid();
    api.put("pods", running("over", "", OVER));
    awaitLine("pod gone " + over);
    assertThat(listener.lines).containsSubsequence("pod over ml/over", "pod gone " + over);
    api.put("pods", running("left", ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"", ENDED));
    api.delete("pods", "ml/left");
    awaitLine("pod gone " + left);
    assertThat(listener.lines).noneMatch(line -> line.startsWith("quarantined"));
  }

  @Test
  void podsThatEndedBeforeTheStartAreToldWhenTheyAreAskedFor() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    api.put("pods", running("alive", "", RUNS));
    int pages = 3;
    for (int i = 0; i < 400 * pages; i++) {
      api.put("pods", running("over-" + i, "", OVER));
    }
    follow();
    listener.lines.clear();
    value(cluster.tellEndedPods());
    assertThat(Set.copyOf(listener.lines))
        .hasSize(400 * pages)
        .contains("pod over ml/over-0", "pod over ml/over-1199")
        .allMatch(line -> line.startsWith("pod over ml/over-"));
    api.close();
    assertThat(cluster.tellEndedPods().toCompletableFuture()).failsWithin(Duration.ofSeconds(30));
  }

  @Test
  void aPodThatVanishedWithoutAWatchIsQuarantinedAndOneThatEndedIsNot() {
    follow();
    api.put("pods", running("vanished", "", RUNS));
    api.put("pods", running("ended", "", RUNS));
    String vanished = ref("vanished").uid();
    String ended = ref("ended").uid();
    awaitLine("pod ml/ended on a");
    api.mute(true);
    api.delete("pods", "ml/vanished");
    api.put("pods", running("ended", "", OVER));
    api.compact();
    api.mute(false);
    api.cutWatches();
    awaitLine("quarantined " + vanished);
    awaitLine("pod gone " + ended);
    assertThat(listener.lines).doesNotContain("quarantined " + ended);
  }

  @Test
  void gpusThatClaimsHaveAreForeignUntilThePodsThatUsedThemHaveEnded() {
    api.put("nodes", started("first"));
    api.put(
        "slices",
        """
        {"metadata":{"name":"s"},"spec":{"driver":"gpu.nvidia.com","nodeName":"a",
          "pool":{"name":"a","generation":1},"devices":[{"name":"gpu-1",
          "attributes":{"type":{"string":"gpu"},"uuid":{"string":"GPU-1"}}}]}}\
        """);
    api.put("claims", claim("p-gpu", "1"));
    api.put("pods", claiming("p"));
    follow();
    awaitLine("foreign a 2");
    listener.lines.clear();
    api.delete("pods", "ml/p");
    api.delete("claims", "ml/p-gpu");
    awaitLine("quarantined 1");
    assertThat(listener.lines).doesNotContain("foreign a 0");
    // Else the driver may take a minute and a half to let go.
    api.put("nodes", started("second"));
    Await.until(
        "the pod has ended",
        () -> {
          loop.execute(cluster::tick);
          return listener.lines.contains("foreign a 0");
        });
    assertThat(listener.lines.indexOf("pod gone 1"))
        .isLessThan(listener.lines.indexOf("foreign a 0"));
  }

  private static String started(String bootId) {
    return Manifests.node("a", Manifests.INVENTORY)
        .replace("\"status\":{", "\"status\":{\"nodeInfo\":{\"bootID\":\"" + bootId + "\"},");
  }

  private static String claim(String name, String pod) {
    return """
    {"metadata":{"namespace":"ml","name":"%s"},"spec":{},"status":{
      "allocation":{"devices":{"results":[
        {"request":"r","driver":"gpu.nvidia.com","pool":"a","device":"gpu-1"}]}},
      "reservedFor":[{"resource":"pods","name":"p","uid":"%s"}]}}\
    """
        .formatted(name, pod);
  }

  private static String claiming(String uid) {
    return """
    {"metadata":{"namespace":"ml","name":"%s","uid":"1"},
     "spec":{"schedulerName":"default-scheduler","nodeName":"a",
      "terminationGracePeriodSeconds":1,"containers":[{"name":"main","resources":{}}],
      "resourceClaims":[{"name":"gpu","resourceClaimName":"p-gpu"}]},"status":%s}\
    """
        .formatted(uid, RUNS);
  }

  private long watches(String path) {
    return api.requests().stream()
        .filter(each -> each.startsWith("GET " + path + "?") && each.contains("watch=true"))
        .count();
  }

  private List<String> problems() {
    return cluster.missingParts().stream().map(part -> part.what()).toList();
  }

  @Test
  void aDeviceClassThatStandsForAResourceOfKerfIsReportedUntilItDoesNotAnyMore() {
    follow();
    String nic = "{\"metadata\":{\"name\":\"nic\"},\"spec\":{\"extendedResourceName\":\"%s\"}}";
    api.put("classes", nic.formatted("kerf.gpu/memory"));
    Await.until(
        "it is reported",
        () ->
            problems().stream().anyMatch(each -> each.contains("nic stands for kerf.gpu/memory")));
    api.put("classes", nic.formatted("example.com/nic"));
    Await.until(
        "it was put right", () -> problems().stream().noneMatch(each -> each.contains("nic")));
  }

  @Test
  void aWatchThatSaysNothingIsCutAndGoesOnWhereItStood() {
    follow();
    api.mute(true);
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    Await.until(
        "a silent watch is counted",
        () -> !metric("kerf_watch_ends_total{resource=\"nodes\",cause=\"silent\"").isEmpty());
    api.mute(false);
    awaitLine("node a 2");
    assertThat(metric("kerf_lists_total{resource=\"nodes\"")).endsWith("} 1.0");
  }

  @Test
  void aBrokenWatchGoesOnWhereItStood() {
    follow();
    api.cutWatches();
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    awaitLine("node a 2");
    assertThat(metric("kerf_lists_total{resource=\"nodes\"")).endsWith("} 1.0");
  }

  @Test
  void whatAnApiServerHasForgottenIsFoundByListingAgain() {
    api.put("pods", Manifests.pod("stays", "kerf.gpu/memory", "8Gi"));
    api.put("pods", Manifests.pod("goes", "kerf.gpu/memory", "8Gi"));
    String uid = ref("goes").uid();
    follow();
    api.loseSilently("pods", "ml/goes");
    api.put("nodes", Manifests.unmanaged("other"));
    api.compact();
    api.cutWatches();
    awaitLine("pod gone " + uid);
    assertThat(listener.lines.stream().filter(line -> line.equals("pod ml/stays on ")))
        .as("what has not changed is not told again")
        .hasSize(1);
    assertThat(metric("kerf_watch_ends_total{resource=\"pods\",cause=\"forgotten\"")).isNotEmpty();
  }

  @Test
  void aPodOfTheSameNameIsAnotherPod() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    String first = ref("p").uid();
    follow();
    api.loseSilently("pods", "ml/p");
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    awaitLine("pod gone " + first);
    assertThat(ref("p").uid()).isNotEqualTo(first);
  }

  @Test
  void aPodThatCannotBeReadDoesNotTakeTheOthersWithIt() {
    api.put(
        "pods",
        "{\"metadata\":{\"namespace\":\"ml\",\"name\":\"bad\"},\"spec\":{\"priority\":\"x\"}}");
    api.put("pods", Manifests.pod("good", "kerf.gpu/memory", "8Gi"));
    follow();
    assertThat(listener.lines).contains("unreadable ml/bad", "pod ml/good on ");
    assertThat(metric("kerf_unreadable_objects_total{resource=\"pods\"")).endsWith("} 1.0");
  }

  @Test
  void podsThatWaitForAnotherSchedulerAreNotTold() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi").replace("\"kerf\"", "\"x\""));
    api.put("pods", Manifests.foreign("bound", "a", "cpu"));
    follow();
    assertThat(listener.lines).contains("pod other/bound on a").noneMatch(l -> l.contains("ml/p"));
  }

  @Test
  void anInventoryThatMakesNoSenseMakesTheNodeUnusableUntilItDoes() {
    api.put("nodes", Manifests.node("a", "{\"v\":2}"));
    follow();
    assertThat(listener.lines.get(0))
        .startsWith("unusable a: The inventory record has the version");
    Await.until("an event on the node", () -> !api.events().isEmpty());
    assertThat(api.events().get(0).at("/regarding/kind").asText()).isEqualTo("Node");
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    awaitLine("node a 2");
  }

  @Test
  void aNodeThatIsNoLongerManagedIsGoneAndAdvertisesNothing() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    follow();
    Await.until("it advertises", () -> capacity("a").contains("kerf.gpu/memory"));
    // 40960 plain + 1g.10gb 9856 + 3g.20gb 19968.
    assertThat(capacity("a"))
        .contains("\"kerf.gpu/memory\":\"70784Mi\"", "\"kerf.gpu/whole\":\"1\"");
    ObjectNode node = api.get("nodes", "a");
    node.withObject("/metadata").remove("labels");
    api.put("nodes", node.toString());
    awaitLine("node gone a");
    awaitTicking("it is taken away", () -> !capacity("a").contains("kerf.gpu"));
  }

  @Test
  void whatOthersOverwriteIsWrittenAgain() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    follow();
    Await.until("it advertises", () -> capacity("a").contains("kerf.gpu/memory"));
    api.put("nodes", api.get("nodes", "a").toString().replace("70784Mi", "5Gi"));
    awaitTicking("it is right again", () -> capacity("a").contains("70784Mi"));
  }

  private void awaitTicking(String what, BooleanSupplier condition) {
    Await.until(
        what,
        () -> {
          loop.execute(cluster::tick);
          return condition.getAsBoolean();
        });
  }

  private String capacity(String node) {
    return api.get("nodes", node).at("/status/capacity").toString();
  }

  @Test
  void gpusOfPodsThatOthersBoundAreForeignUntilTheyAreGone() {
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    api.put("pods", Manifests.foreign("theirs", "a", "nvidia.com/gpu"));
    follow();
    awaitLine("foreign a -1");
    listener.lines.clear();
    ObjectNode over = api.get("pods", "other/theirs");
    over.withObject("/status").put("phase", "Succeeded");
    api.put("pods", over.toString());
    awaitLine("foreign a 0");
  }

  @Test
  void aBindingCarriesUidAndAnnotationsAndItsReplyIsAStatus() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    follow();
    assertThat(bind("p")).isEqualTo(BindResult.BOUND);
    assertThat(api.get("pods", "ml/p").at("/spec/nodeName").asText()).isEqualTo("a");
    assertThat(api.get("pods", "ml/p").at("/metadata/annotations/kerf.gpu~1placement").asText())
        .isEqualTo("{}");
    assertThat(api.requests()).contains("POST /api/v1/namespaces/ml/pods/p/binding?timeout=2000ms");
    awaitLine("pod ml/p on a");
    assertThat(bind("p").kind()).as("a second time").isEqualTo(BindResult.Kind.CONFLICT);
  }

  @Test
  void whatBecomesOfABindingIsToldByKind() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    follow();
    takeLease("p");
    PodView.Ref stranger = new PodView.Ref("ml", "unknown", "u");
    assertThat(value(cluster.bind(new Binding(stranger, "a", Map.of()))).kind())
        .isEqualTo(BindResult.Kind.NOT_FOUND);
    PodView.Ref other = new PodView.Ref("ml", "p", "another-uid");
    assertThat(value(cluster.bind(new Binding(other, "a", Map.of()))).kind())
        .isEqualTo(BindResult.Kind.CONFLICT);
    PodView.Ref path = new PodView.Ref("ml", "../../nodes/a", "u");
    assertThat(value(cluster.bind(new Binding(path, "a", Map.of()))).kind())
        .isEqualTo(BindResult.Kind.NOT_FOUND);
    planBinding(403, false);
    assertThat(bind("p").kind()).isEqualTo(BindResult.Kind.REFUSED);
    planBinding(500, false);
    assertThat(bind("p").kind()).isEqualTo(BindResult.Kind.UNKNOWN);
    planBinding(504, true);
    assertThat(bind("p").kind()).as("carried out").isEqualTo(BindResult.Kind.UNKNOWN);
    assertThat(value(cluster.read(ref("p"))).orElseThrow().nodeName()).isEqualTo("a");
    assertThat(value(cluster.read(stranger))).isEmpty();
  }

  private void planBinding(int status, boolean carriedOut) {
    String body = "{\"kind\":\"Status\",\"message\":\"planned\"}";
    api.plan(new FakeApiServer.Answer("POST", "/binding", status, body, carriedOut));
  }

  @Test
  void anEvictionNamesTheSchedulerAsItsReason() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    follow();
    EvictResult result = value(cluster.evict(new Eviction(ref("p"), "room for ml/q")));
    assertThat(result).isEqualTo(EvictResult.EVICTED);
    assertThat(api.get("pods", "ml/p").at("/status/conditions/0/reason").asText())
        .isEqualTo("PreemptionByScheduler");
  }

  @Test
  void aPodWithoutAGracePeriodIsEvictedWithASecond() {
    String pod =
        Manifests.pod("p", "kerf.gpu/memory", "8Gi")
            .replace(
                "\"spec\":{", "\"spec\":{\"nodeName\":\"a\",\"terminationGracePeriodSeconds\":0,")
            .replace("\"labels\":", "\"annotations\":{\"kerf.gpu/placement\":\"{}\"},\"labels\":")
            .replace("Pending", "Running");
    api.put("pods", pod);
    follow();
    assertThat(value(cluster.evict(new Eviction(ref("p"), ""))).kind())
        .isEqualTo(EvictResult.Kind.EVICTED);
    assertThat(api.get("pods", "ml/p").at("/metadata/deletionGracePeriodSeconds").asInt())
        .as("its object stays until its containers have ended")
        .isEqualTo(1);
  }

  @Test
  void anEvictionThatABudgetForbidsSaysSo() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    follow();
    String blocked =
        """
        {"kind":"Status","code":429,"message":"Cannot evict pod as it would violate the pod's disruption budget.",
         "details":{"causes":[{"reason":"DisruptionBudget","message":"The disruption budget pdb needs 1 healthy pods"}]}}\
        """;
    api.plan(new FakeApiServer.Answer("POST", "/eviction", 429, blocked, false));
    EvictResult result = value(cluster.evict(new Eviction(ref("p"), "")));
    assertThat(result.kind()).isEqualTo(EvictResult.Kind.BLOCKED);
    assertThat(result.text()).contains("disruption budget pdb needs 1 healthy pods");
    api.plan(new FakeApiServer.Answer("POST", "/eviction", 429, "{\"message\":\"busy\"}", false));
    assertThat(value(cluster.evict(new Eviction(ref("p"), ""))).kind())
        .as("an API server that is busy")
        .isEqualTo(EvictResult.Kind.FAILED);
    PodView.Ref other = new PodView.Ref("ml", "p", "another-uid");
    assertThat(value(cluster.evict(new Eviction(other, ""))).kind())
        .isEqualTo(EvictResult.Kind.GONE);
  }

  @Test
  void anEventIsWrittenOnceWithinAWhile() {
    follow();
    PodEvent event =
        new PodEvent(new PodView.Ref("ml", "p", "u"), false, "Placed", "Node a: GPU 0.");
    cluster.event(event);
    cluster.event(event);
    cluster.event(new PodEvent(event.pod(), true, "Other", "something else"));
    Await.until("both are written", () -> api.events().size() == 2);
    assertThat(api.events())
        .extracting(written -> written.path("note").asText())
        .containsExactlyInAnyOrder("Node a: GPU 0.", "something else");
    assertThat(api.events().get(0).path("eventTime").asText()).matches(".*\\.[0-9]{6}Z");
  }

  @Test
  void nodesAreToldBeforeThePods() {
    assertThat(cluster.nodesTold()).isFalse();
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    for (int pause = 200; pause <= 1_600; pause *= 2) {
      api.plan(new FakeApiServer.Answer("GET", "/api/v1/pods", 503, "", false));
    }
    cluster.start(loop, listener);
    Await.until("the nodes are told", cluster::nodesTold);
    assertThat(listener.lines).contains("node a 2");
    assertThat(cluster.synced()).isFalse();
    Await.until("the pods are told as well", cluster::synced);
  }

  @Test
  void aLongStartIsNoAbsence() {
    AtomicLong nanos = new AtomicLong();
    cluster.close();
    cluster = cluster(new Clocks(InstantSource.system(), nanos::get));
    for (int second = 0; second < 10; second++) {
      nanos.addAndGet(Duration.ofSeconds(1).toNanos());
      assertThat(cluster.synced()).isFalse();
    }
    follow();
    awaitStarted();
    assertThat(lists("/api/v1/pods")).isEqualTo(1);
    nanos.addAndGet(Duration.ofSeconds(10).toNanos());
    cluster.tick();
    Await.until("after an absence it is listed again", () -> lists("/api/v1/pods") == 2);
  }

  private void awaitStarted() {
    Await.until("all watches run", () -> watches("/api/v1/pods") >= 1);
    cluster.tick();
    Await.until("it is synced still", cluster::synced);
  }

  private long lists(String path) {
    return api.requests().stream()
        .filter(each -> each.startsWith("GET " + path + "?") && !each.contains("watch"))
        .count();
  }

  @Test
  void eventsWaitWhileManyPodsAreBound() throws Exception {
    AtomicLong millis = new AtomicLong(1_000_000);
    cluster.close();
    cluster = cluster(Clocks.virtual(() -> Instant.ofEpochMilli(millis.get())));
    follow();
    bindTwenty("first");
    for (int i = 0; i < 150; i++) {
      PodView.Ref pod = new PodView.Ref("ml", "p" + i, "u" + i);
      cluster.event(new PodEvent(pod, false, "Placed", "Node a: GPU 0."));
    }
    Await.until("as many as may be at once are written", () -> api.events().size() == 100);
    millis.addAndGet(1_000);
    bindTwenty("second");
    cluster.tick();
    Await.until("a few more are written", () -> api.events().size() >= 120);
    TimeUnit.MILLISECONDS.sleep(300);
    assertThat(api.events()).as("the others wait").hasSize(120);
    millis.addAndGet(2_000);
    cluster.tick();
    Await.until("the rest is written", () -> api.events().size() == 150);
  }

  private void bindTwenty(String prefix) {
    for (int i = 0; i < 20; i++) {
      api.put("pods", Manifests.pod(prefix + i, "kerf.gpu/memory", "8Gi"));
      assertThat(bind(prefix + i).kind()).isEqualTo(BindResult.Kind.BOUND);
    }
  }

  @Test
  void anApiServerThatIsAwayIsWaitedFor() {
    api.plan(new FakeApiServer.Answer("GET", "/api/v1/nodes", 503, "", false));
    api.plan(new FakeApiServer.Answer("GET", "/api/v1/nodes", 0, "", false));
    follow();
    assertThat(metric("kerf_watch_ends_total{resource=\"nodes\",cause=\"broken\"")).isNotEmpty();
  }
}
