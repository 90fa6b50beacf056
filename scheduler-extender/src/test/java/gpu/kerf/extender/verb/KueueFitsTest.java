package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.kueue.AdmissionCheck;
import gpu.kerf.extender.kueue.CheckAnswer;
import gpu.kerf.extender.kueue.Flavor;
import gpu.kerf.extender.kueue.KueueStatus;
import gpu.kerf.extender.kueue.Workload;
import gpu.kerf.extender.kueue.check.FitsCheck;
import gpu.kerf.extender.kueue.check.FitsOptions;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Kerf's answers to Kueue, on a fleet whose room the tests decide. */
class KueueFitsTest {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String ONE_GPU = "limits: {kerf.gpu/whole: 1}";
  private static final long KEEP_QUOTA = 60_000;
  private static final long PROMISE = 30_000;

  private final World world = new World();
  private final Metrics metrics = new Metrics();
  private final FakeKueue kueue = new FakeKueue();
  private boolean complete = true;
  private Runnable atEachTurn = () -> {};
  private int turns;
  private FitsCheck fits = check(true);

  private FitsCheck check(boolean rejects) {
    FitsCheck made =
        new FitsCheck(
            world.scheduling,
            world.cluster,
            () -> {
              atEachTurn.run();
              return true;
            },
            () -> complete,
            new FitsOptions(KEEP_QUOTA, PROMISE, rejects),
            metrics);
    made.start(kueue);
    return made;
  }

  /** Keeps Workloads as the API server does, and tells of them when a test says so. */
  private final class FakeKueue implements KueueStatus {
    private final Map<String, ObjectNode> workloads = new LinkedHashMap<>();
    private final List<String> activated = new ArrayList<>();
    private Outcome next = Outcome.WRITTEN;
    private @Nullable CompletableFuture<Outcome> held;
    private boolean repliesGetLost;
    private int version;
    private int writes;

    @Override
    public boolean isKnown() {
      return true;
    }

    @Override
    public CompletionStage<Outcome> answer(CheckAnswer answer) {
      writes++;
      if (held != null) {
        return held;
      }
      ObjectNode workload = workloads.get(answer.workload().name());
      String stands = workload == null ? "" : workload.at("/metadata/resourceVersion").asText();
      if (!stands.equals(answer.workload().resourceVersion())) {
        return CompletableFuture.completedStage(Outcome.OUTDATED);
      }
      if (next == Outcome.WRITTEN && workload != null) {
        ObjectNode check = (ObjectNode) workload.at("/status/admissionChecks/0");
        check.put("state", answer.state().word()).put("message", answer.message());
        check.put("requeueAfterSeconds", answer.retryAfterSeconds());
        changed(workload);
      }
      return CompletableFuture.completedStage(repliesGetLost ? Outcome.FAILED : next);
    }

    @Override
    public CompletionStage<Outcome> activate(
        AdmissionCheck check, AdmissionCheck.Activity activity) {
      activated.add(check.name() + " " + activity.active());
      return CompletableFuture.completedStage(Outcome.WRITTEN);
    }

    private void changed(ObjectNode workload) {
      workload.withObject("/metadata").put("resourceVersion", "" + ++version);
    }

    private void tell(String name) {
      ObjectNode workload = workloads.get(name);
      if (workload != null) {
        fits.workloadChanged(Workload.of(workload));
      }
    }
  }

  private static JsonNode yaml(String text) {
    try {
      return YAML.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void kueueHasCheckAndFlavor() {
    check("fits", AdmissionCheck.CONTROLLER);
    fits.flavorChanged(new Flavor("any", Map.of(), List.of()));
    world.turn();
  }

  private void check(String name, String controller) {
    fits.checkChanged(
        new AdmissionCheck(name, "u-" + name, "1", 1, controller, false, "True", "Active", 1));
  }

  /** Kueue has reserved quota for a workload of so many equal pods. */
  private void reserved(String name, int pods, String resources) {
    reserve(name, pods, resources);
    world.turn();
  }

  private void reserve(String name, int pods, String resources) {
    reserve(name, "any", "{name: main, count: " + pods + ", " + template(resources) + "}");
  }

  private static String template(String resources) {
    return "template: {spec: {containers: [{name: main, image: a, resources: {"
        + resources
        + "}}]}}";
  }

  private void workload(String name, String flavor, String podSets) {
    reserve(name, flavor, podSets);
    world.turn();
  }

  private void reserve(String name, String flavor, String podSets) {
    ObjectNode workload =
        (ObjectNode)
            yaml(
                """
                metadata:
                  name: %1$s
                  namespace: ml
                  uid: w-%1$s
                  ownerReferences: [{kind: Job, name: job-%1$s}]
                spec: {podSets: [%2$s]}
                status:
                  conditions:
                  - {type: QuotaReserved, status: "True", lastTransitionTime: "2026-12-01T04:00:00Z"}
                  admission:
                    podSetAssignments: [{name: main, flavors: {gpu: %3$s}}]
                  admissionChecks: [{name: fits, state: Pending, message: ""}]
                """
                    .formatted(name, podSets, flavor));
    kueue.changed(workload);
    kueue.workloads.put(name, workload);
    kueue.tell(name);
  }

  /** What the check says, and whether the watch has told of it. */
  private String state(String name) {
    kueue.tell(name);
    world.turn();
    return said(name).path("state").asText();
  }

  private JsonNode said(String name) {
    return new ObjectMapper()
        .valueToTree(kueue.workloads.get(name))
        .at("/status/admissionChecks/0");
  }

  private String message(String name) {
    return said(name).path("message").asText();
  }

  private void pass(long millis) {
    world.millis += millis;
    fits.tick();
    world.turn();
  }

  private static PodView pod(String uid, String job) {
    return World.pod(uid)
        .container("main", Map.of("kerf.gpu/whole", "1"))
        .owner(new PodView.Owner("Job", job, "j", true))
        .build();
  }

  private void release(String uid) {
    world.scheduling.podEnded(uid);
    pass(500);
  }

  private double counted(String state) {
    String line = "kerf_kueue_answers_total{state=\"" + state + "\"";
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(each -> each.startsWith(line))
        .mapToDouble(each -> Double.parseDouble(each.substring(each.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void workloadWhosePodsAllHaveRoomIsReady() {
    world.node("a", 2, "H100-80GB", GpuMode.PLAIN).node("b", 2, "H100-80GB", GpuMode.PLAIN);
    reserved("four", 4, ONE_GPU);
    assertThat(state("four")).isEqualTo("Ready");
    assertThat(message("four")).isEqualTo("All 4 pods have room at once, on 2 nodes.");
    assertThat(counted("ready")).isEqualTo(1);
    assertThat(world.scheduling.ledger().entries()).as("nothing is reserved").isEmpty();
  }

  @Test
  void workloadWithoutRoomKeepsItsQuotaAndSaysWhyUntilRoomComes() {
    world.node("a", 2, "H100-80GB", GpuMode.PLAIN);
    PodView other = pod("other", "x");
    world.place(other, "a");
    reserved("two", 2, ONE_GPU);
    assertThat(state("two")).isEqualTo("Pending");
    assertThat(message("two"))
        .isEqualTo(
            "Of the 2 pods of pod set main only 1 has room now; for one more: not enough whole"
                + " GPUs of the node are free (1 node).");
    release("other");
    assertThat(state("two")).isEqualTo("Ready");
  }

  @Test
  void whatDoesNotFitForLongGivesItsQuotaBackForLongerEachTime() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    world.place(pod("other", "x"), "a");
    for (int retries : List.of(0, 1, 9)) {
      reserved("one", 1, ONE_GPU);
      ObjectNode workload = Objects.requireNonNull(kueue.workloads.get("one"));
      ((ObjectNode) workload.at("/status/admissionChecks/0")).put("retryCount", retries);
      assertThat(state("one")).isEqualTo("Pending");
      pass(KEEP_QUOTA - 1);
      assertThat(state("one")).isEqualTo("Pending");
      pass(5_000);
      assertThat(state("one")).isEqualTo("Retry");
      assertThat(said("one").path("requeueAfterSeconds").asInt())
          .isEqualTo(Math.min(30 << retries, 900));
      fits.workloadGone("w-one");
    }
  }

  @Test
  void whatNoGpuCouldEverHoldIsRejectedWhereTheWholeFleetIsKnown() {
    world.node("a", 8, "A100-40GB", GpuMode.PLAIN);
    complete = false;
    reserved("big", 1, "limits: {kerf.gpu/memory: 60Gi}");
    assertThat(state("big")).isEqualTo("Pending");
    complete = true;
    pass(5_000);
    assertThat(state("big")).isEqualTo("Rejected");
    assertThat(message("big"))
        .startsWith(
            "No managed node could ever take a pod of pod set main: no GPU of the node has as much"
                + " memory as the pod asks for (1 node).")
        .contains("A pod would fit if you ");
  }

  @Test
  void whereNodesAreMadeForPodsWhatNoGpuCouldHoldWaits() {
    fits = check(false);
    kueueHasCheckAndFlavor();
    world.node("a", 8, "A100-40GB", GpuMode.PLAIN);
    reserved("big", 1, "limits: {kerf.gpu/memory: 60Gi}");
    assertThat(state("big")).isEqualTo("Pending");
    world.node("b", 1, "H100-80GB", GpuMode.PLAIN);
    pass(500);
    assertThat(state("big")).isEqualTo("Ready");
  }

  @Test
  void demandThatMakesNoSenseIsRejected() {
    world.node("a", 8, "A100-40GB", GpuMode.PLAIN);
    reserved("odd", 1, "limits: {kerf.gpu/memory: 8Gi, kerf.gpu/whole: 1}");
    assertThat(state("odd")).isEqualTo("Rejected");
    assertThat(message("odd")).startsWith("Pod set main is invalid: ");
  }

  @Test
  void workloadWithoutGpusIsReady() {
    reserved("cpu", 3, "limits: {cpu: 1}");
    assertThat(state("cpu")).isEqualTo("Ready");
    assertThat(message("cpu")).isEqualTo("No pod asks for GPUs of Kerf.");
  }

  @Test
  void allPodSetsMustFitTogether() {
    world.node("a", 4, "H100-80GB", GpuMode.PLAIN);
    String small = "{name: b, count: 2, " + template("limits: {kerf.gpu/memory: 60Gi}") + "}";
    String large = "{name: c, count: 1, " + template("limits: {kerf.gpu/whole: %d}") + "}";
    workload("fit", "any", small + ", " + large.formatted(2));
    assertThat(state("fit")).isEqualTo("Ready");
    fits.workloadGone("w-fit");
    workload("not", "any", small + ", " + large.formatted(3));
    assertThat(state("not")).isEqualTo("Pending");
    assertThat(message("not")).contains("Of the 2 pods of pod set b only 1 has room now");
  }

  @Test
  void podsMayGoOnlyWhereTheirFlavorLetsThem() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN).node("b", 1, "H100-80GB", GpuMode.PLAIN);
    for (String node : List.of("a", "b")) {
      world.scheduling.nodeRulesChanged(
          node, new NodeRules(Map.of("pool", node), List.of(), false));
    }
    workload("one", "only-b", "{name: main, count: 2, " + template(ONE_GPU) + "}");
    assertThat(state("one")).isEqualTo("Pending");
    assertThat(message("one")).contains("a ResourceFlavor that Kerf does not know yet");
    fits.flavorChanged(new Flavor("only-b", Map.of("pool", "b"), List.of()));
    pass(5_000);
    assertThat(state("one")).isEqualTo("Pending");
    assertThat(message("one"))
        .contains("only 1 has room now")
        .contains("the pod's nodeSelector wants pool: b, which the node has not (1 node)");
    fits.flavorChanged(new Flavor("only-b", Map.of(), List.of()));
    world.turn();
    assertThat(state("one")).isEqualTo("Ready");
  }

  @Test
  void roomIsPromisedOnceUntilThePodsAreBoundOrTheTimeIsOver() {
    world.node("a", 2, "H100-80GB", GpuMode.PLAIN);
    reserved("first", 1, ONE_GPU);
    assertThat(state("first")).isEqualTo("Ready");
    reserved("second", 2, ONE_GPU);
    assertThat(state("second")).as("one of two GPUs is promised").isEqualTo("Pending");
    reserved("third", 1, ONE_GPU);
    assertThat(state("third")).as("the other one").isEqualTo("Ready");
    // A pod of the first is bound and ends again: its promise is over, that of the third is not.
    world.comes(pod("p", "job-first"));
    world.place(pod("p", "job-first"), "a");
    pass(500);
    assertThat(state("second")).isEqualTo("Pending");
    release("p");
    assertThat(state("second")).isEqualTo("Pending");
    pass(PROMISE);
    assertThat(state("second")).isEqualTo("Ready");
  }

  @Test
  void promiseOfWorkloadThatLostItsQuotaIsOver() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    reserved("first", 1, ONE_GPU);
    assertThat(state("first")).isEqualTo("Ready");
    reserved("second", 1, ONE_GPU);
    assertThat(state("second")).isEqualTo("Pending");
    fits.workloadGone("w-first");
    pass(500);
    assertThat(state("second")).isEqualTo("Ready");
  }

  @Test
  void promiseOfWorkloadWhoseAnswerFailedEndsWithIt() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    kueue.next = KueueStatus.Outcome.FAILED;
    reserved("first", 1, ONE_GPU);
    assertThat(state("first")).isEqualTo("Pending");
    assertThat(counted("failed")).isPositive();
    kueue.next = KueueStatus.Outcome.WRITTEN;
    fits.workloadGone("w-first");
    reserved("second", 1, ONE_GPU);
    assertThat(state("second")).isEqualTo("Ready");
  }

  @Test
  void whatIsOlderIsAnsweredFirstAndTheSameReasonIsWrittenOnce() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    world.place(pod("other", "x"), "a");
    reserved("one", 1, ONE_GPU);
    assertThat(state("one")).isEqualTo("Pending");
    int before = kueue.writes;
    for (int i = 0; i < 8; i++) {
      pass(5_000);
      kueue.tell("one");
      world.turn();
    }
    assertThat(kueue.writes).isEqualTo(before);
  }

  @Test
  void replicaThatDoesNotLeadAnswersNothing() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    world.cluster.leads = false;
    reserved("one", 1, ONE_GPU);
    assertThat(state("one")).isEqualTo("Pending");
    assertThat(kueue.writes).isZero();
    world.cluster.leads = true;
    pass(500);
    assertThat(state("one")).isEqualTo("Ready");
  }

  @Test
  void checksOfOtherControllersAreLeftAlone() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    check("fits", "example.com/other");
    reserved("one", 1, ONE_GPU);
    assertThat(state("one")).isEqualTo("Pending");
    assertThat(kueue.writes).isZero();
  }

  @Test
  void checksOfKerfAreMadeActive() {
    fits.checkChanged(
        new AdmissionCheck("new", "u", "1", 1, AdmissionCheck.CONTROLLER, false, "", "", 0));
    fits.checkChanged(
        new AdmissionCheck("bad", "u", "1", 1, AdmissionCheck.CONTROLLER, true, "", "", 0));
    fits.checkChanged(new AdmissionCheck("x", "u", "1", 1, "other", false, "", "", 0));
    world.turn();
    assertThat(kueue.activated).containsExactly("new true", "bad false");
  }

  /** The answer is written, the watch is late, and a pod ends: the promise is not asked about. */
  @Test
  void promiseStandsWhileTheWatchHasNotToldOfTheAnswer() {
    world.node("a", 2, "H100-80GB", GpuMode.PLAIN);
    world.place(pod("other", "x"), "a");
    reserved("first", 1, ONE_GPU);
    int writes = kueue.writes;
    release("other");
    assertThat(kueue.writes).isEqualTo(writes);
    assertThat(state("first")).isEqualTo("Ready");
    reserved("second", 2, ONE_GPU);
    assertThat(state("second")).as("one of two GPUs is promised").isEqualTo("Pending");
  }

  /** The API server has taken the answer, and its reply got lost. */
  @Test
  void promiseStandsWhereTheAnswerMayHaveArrived() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    kueue.repliesGetLost = true;
    reserved("first", 1, ONE_GPU);
    assertThat(counted("failed")).isEqualTo(1);
    kueue.repliesGetLost = false;
    assertThat(state("first")).isEqualTo("Ready");
    reserved("second", 1, ONE_GPU);
    assertThat(state("second")).isEqualTo("Pending");
  }

  /** Kueue reserves quota anew while the answer to the reservation before is on its way. */
  @Test
  void answerThatCameTooLateEndsNoLaterPromise() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    CompletableFuture<KueueStatus.Outcome> late = new CompletableFuture<>();
    kueue.held = late;
    reserved("first", 1, ONE_GPU);
    kueue.held = null;
    ObjectNode workload = Objects.requireNonNull(kueue.workloads.get("first"));
    ((ObjectNode) workload.at("/status/conditions/0"))
        .put("lastTransitionTime", "2026-12-01T05:00:00Z");
    kueue.changed(workload);
    assertThat(state("first")).isEqualTo("Ready");
    late.complete(KueueStatus.Outcome.OUTDATED);
    world.turn();
    reserved("second", 1, ONE_GPU);
    assertThat(state("second")).isEqualTo("Pending");
  }

  @Test
  void reasonThatIsTooLongToBeShownIsWrittenOnce() {
    for (String node : List.of("a", "b", "c")) {
      world.node(node, 1, "H100-80GB", GpuMode.PLAIN);
      String key = (node + "/").repeat(300);
      world.scheduling.nodeRulesChanged(
          node,
          new NodeRules(Map.of(), List.of(new NodeRules.Taint(key, "", "NoSchedule")), false));
    }
    reserved("one", 1, ONE_GPU);
    assertThat(state("one")).isEqualTo("Pending");
    assertThat(message("one")).hasSize(1_001).endsWith("…");
    int before = kueue.writes;
    pass(5_000);
    assertThat(state("one")).isEqualTo("Pending");
    pass(5_000);
    assertThat(kueue.writes).isEqualTo(before);
  }

  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void eachTurnOfTheLoopLooksAtOneWorkloadAtLeast() {
    world.node("a", 3, "H100-80GB", GpuMode.PLAIN);
    // Longer than a turn may take.
    world.nanosPerLook = 5_000_000;
    for (String name : List.of("one", "two", "three")) {
      reserved(name, 1, ONE_GPU);
      assertThat(state(name)).isEqualTo("Ready");
    }
  }

  /** Room changes at each turn of the loop, and a turn is long enough for one look. */
  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void youngerWorkloadIsLookedAtAlthoughRoomChangesAllTheTime() {
    world.node("a", 1, "H100-80GB", GpuMode.PLAIN);
    reserved("old", 2, ONE_GPU);
    assertThat(state("old")).isEqualTo("Pending");
    world.nanosPerLook = 5_000_000;
    atEachTurn = () -> fits.flavorChanged(new Flavor("new", Map.of("at", "" + turns++), List.of()));
    kueue.tell("old");
    reserve("young", 1, ONE_GPU);
    while (turns < 20) {
      Objects.requireNonNull(world.later.poll()).run();
    }
    assertThat(said("young").path("state").asText()).isEqualTo("Ready");
  }
}
