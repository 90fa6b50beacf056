package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nodes of two A100-40GB with a pod of 20 GiB on each GPU: the sum of 40 GiB is free twice over,
 * and 30 GiB fit nowhere until a pod is evicted.
 */
class PreemptionsTest {
  private static final long SECOND = 1_000;

  private final World world = new World();
  private final Preemptions preemptions =
      new Preemptions(world.scheduling, world.cluster, Disruptions.NONE, world.gangs);
  private final FilterVerb filter = new FilterVerb(world.scheduling, world.cluster, preemptions);

  @BeforeEach
  void kerfEvicts() {
    world.scheduling.use(new Policy(Policy.Answer.WINNERS, 10 * SECOND, Policy.Preemption.KERF));
  }

  private static PodView asking(String uid, String memory, int priority) {
    return pod(uid).priority(priority).container("main", Map.of("kerf.gpu/memory", memory)).build();
  }

  private static PodView urgent(String uid) {
    return asking(uid, "30Gi", 10);
  }

  private void fill(String... nodes) {
    for (String node : nodes) {
      world.node(node, 2, "A100-40GB", GpuMode.PLAIN);
      assertThat(world.place(asking(node + "0", "20Gi", 1), node).isBound()).isTrue();
      assertThat(world.place(asking(node + "1", "20Gi", 1), node).isBound()).isTrue();
    }
  }

  private FilterAnswer ask(PodView pod) {
    FilterAnswer answer = filter.filter(world.call(pod));
    world.turn();
    return answer;
  }

  private void podEnded(String uid) {
    world.scheduling.podEnded(uid);
    preemptions.look();
    world.turn();
  }

  private void passes(long millis) {
    world.millis += millis;
    preemptions.look();
    world.turn();
  }

  private List<String> warnings() {
    return world.cluster.events.stream()
        .filter(event -> event.warning() && event.reason().equals("Preempting"))
        .map(PodEvent::message)
        .toList();
  }

  private boolean isHeldFor(String uid) {
    Entry entry = world.scheduling.ledger().entry(uid);
    return entry != null && entry.state() == Entry.State.PROPOSED;
  }

  @Test
  void whoIsInTheWayGoesAndThePreemptorGetsThePiece() {
    fill("a");
    FilterAnswer answer = ask(urgent("u"));
    assertThat(answer.evicts()).as("its own outcome in the metrics").isTrue();
    assertThat(answer.chosen()).isZero();
    assertThat(world.cluster.evictions).hasSize(1);
    assertThat(world.cluster.nominated).containsEntry("u", "a");
    assertThat(ask(urgent("u")).evicts()).as("no further pod goes").isFalse();
    podEnded(world.cluster.evictions.get(0));
    assertThat(world.cluster.nudged).containsExactly("u");
    assertThat(world.chosen(ask(urgent("u")))).containsExactly("a");
    assertThat(world.bind(urgent("u"), "a").isBound()).isTrue();
    passes(SECOND);
    assertThat(preemptions.underWay()).isZero();
  }

  @Test
  void tenPreemptorsAtOnceMakeNoStorm() {
    List<String> nodes = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      nodes.add("n" + i);
    }
    fill(nodes.toArray(String[]::new));
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < 10; i++) {
        ask(urgent("u" + i));
      }
      passes(SECOND);
    }
    assertThat(preemptions.underWay()).isEqualTo(Preemptions.MOST_PLANS);
    assertThat(world.cluster.evictions)
        .as("one victim for each plan, and no pod twice")
        .hasSize(Preemptions.MOST_PLANS)
        .doesNotHaveDuplicates();
    for (String victim : List.copyOf(world.cluster.evictions)) {
      podEnded(victim);
    }
    for (int i = 0; i < 10; i++) {
      FilterAnswer answer = ask(urgent("u" + i));
      if (answer.chosen() > 0) {
        assertThat(world.bind(urgent("u" + i), world.chosen(answer).get(0)).isBound()).isTrue();
      }
    }
    passes(SECOND);
    ask(urgent("u8"));
    ask(urgent("u9"));
    assertThat(world.cluster.evictions).as("then the last two").hasSize(10).doesNotHaveDuplicates();
  }

  @Test
  void aBudgetThatForbidsItIsNamedAndAskedLessAndLessOften() {
    fill("a");
    world.cluster.evicts = EvictResult.Kind.BLOCKED;
    ask(urgent("u"));
    assertThat(world.cluster.evictions).hasSize(1);
    assertThat(warnings()).hasSize(1);
    assertThat(warnings().get(0)).contains("Cannot evict ml/pod-a", "as the budget says");
    int minutes = 10;
    for (int second = 0; second < minutes * 60; second++) {
      passes(SECOND);
      FilterAnswer answer = ask(urgent("u"));
      assertThat(answer.chosen()).isZero();
      if (!answer.evicts()) {
        assertThat(world.hopeless(answer))
            .as("kube-scheduler need not look for victims, and does not come back at once")
            .containsKey("a");
      }
    }
    // Pauses of 15, 30, 60, 120, 240, 300 s: after 15, 45, 105, 225 and 465 s.
    assertThat(world.cluster.evictions).hasSize(6);
    assertThat(world.cluster.nudged)
        .as("kube-scheduler would not ask again by itself when a pause is over")
        .hasSize(5)
        .containsOnly("u");
    assertThat(preemptions.underWay()).isZero();
  }

  @Test
  void victimsThatDoNotGoAreWaitedForFiveMinutesAndNotLonger() {
    fill("a");
    ask(urgent("u"));
    passes(299 * SECOND);
    assertThat(preemptions.underWay()).isEqualTo(1);
    assertThat(world.chosen(ask(asking("small", "4Gi", 0))))
        .as("the other GPU still gives")
        .containsExactly("a");
    passes(2 * SECOND);
    assertThat(preemptions.underWay()).isZero();
    ask(urgent("u"));
    assertThat(world.cluster.evictions).as("it backs off").hasSize(1);
    passes(16 * SECOND);
    ask(urgent("u"));
    assertThat(world.cluster.evictions).hasSize(2);
  }

  @Test
  void aPreemptorThatDoesNotComeLosesWhatWasFreedForIt() {
    fill("a");
    ask(urgent("u"));
    podEnded(world.cluster.evictions.get(0));
    assertThat(isHeldFor("u")).isTrue();
    passes(61 * SECOND);
    assertThat(isHeldFor("u")).isFalse();
    assertThat(world.chosen(ask(asking("other", "30Gi", 0)))).containsExactly("a");
  }

  @Test
  void aPreemptorThatIsDeletedLeavesEverythingToOthers() {
    fill("a");
    ask(urgent("u"));
    podEnded("u");
    assertThat(preemptions.underWay()).isZero();
    podEnded(world.cluster.evictions.get(0));
    assertThat(world.chosen(ask(asking("other", "30Gi", 0)))).containsExactly("a");
  }

  @Test
  void aVictimThatIsGoneBeforeItIsEvictedMakesRoomAllTheSame() {
    fill("a");
    world.cluster.evicts = EvictResult.Kind.GONE;
    filter.filter(world.call(urgent("u")));
    Decision decision = world.scheduling.decisions().latest(1, "u").get(0);
    String victim = decision.victims().get(0).pod().uid();
    world.scheduling.podEnded(victim);
    world.turn();
    assertThat(isHeldFor("u")).isTrue();
    assertThat(world.chosen(ask(urgent("u")))).containsExactly("a");
  }

  @Test
  void whatWasFreedYieldsToHigherPriorityAndToNoOtherPod() {
    fill("a");
    ask(urgent("u"));
    podEnded(world.cluster.evictions.get(0));
    assertThat(ask(asking("equal", "30Gi", 10)).chosen()).isZero();
    assertThat(world.bind(asking("equal", "30Gi", 10), "a").isBound()).isFalse();
    assertThat(isHeldFor("u")).isTrue();
    PodView higher = asking("higher", "30Gi", 11);
    assertThat(world.chosen(ask(higher))).containsExactly("a");
    assertThat(isHeldFor("u")).as("it is only asked").isTrue();
    assertThat(world.bind(higher, "a").isBound()).isTrue();
    assertThat(isHeldFor("u")).isFalse();
    passes(SECOND);
    ask(urgent("u"));
    assertThat(world.cluster.evictions).as("the next plan comes at once").hasSize(2);
  }

  /** On one GPU with two pods of 18 GiB, one of which goes for {@code u}. */
  private void freeAPartOfAGpu() {
    world.node("a", 1, "A100-40GB", GpuMode.PLAIN);
    assertThat(world.place(asking("a0", "18Gi", 1), "a").isBound()).isTrue();
    assertThat(world.place(asking("a1", "18Gi", 1), "a").isBound()).isTrue();
    ask(asking("u", "15Gi", 10));
    podEnded(world.cluster.evictions.get(0));
    assertThat(isHeldFor("u")).isTrue();
  }

  @Test
  void noPlanOfEqualPriorityTakesTheGpuWhileAPlaceOnItWaitsForAnotherPreemptor() {
    freeAPartOfAGpu();
    PodView equal = asking("equal", "15Gi", 10);
    assertThat(ask(equal).chosen()).isZero();
    assertThat(world.cluster.evictions).as("39 - 18 - 15 GiB are free: it has to wait").hasSize(1);
    assertThat(isHeldFor("u")).as("a pod has gone for this place").isTrue();
    assertThat(world.chosen(ask(asking("u", "15Gi", 10)))).containsExactly("a");
    assertThat(world.bind(asking("u", "15Gi", 10), "a").isBound()).isTrue();
    passes(2 * SECOND);
    ask(equal);
    assertThat(world.cluster.evictions).as("then its turn has come").hasSize(2);
  }

  @Test
  void aPlanOfHigherPriorityTakesTheGpuWithThePlaceThatWaitsForALowerPreemptor() {
    freeAPartOfAGpu();
    ask(asking("higher", "30Gi", 11));
    assertThat(world.cluster.evictions).hasSize(2);
    assertThat(isHeldFor("u")).isFalse();
    podEnded(world.cluster.evictions.get(1));
    assertThat(isHeldFor("higher")).isTrue();
  }

  @Test
  void whatOthersLeaveForAPodGoesToOneOfHigherPriorityThatComesMeanwhile() {
    world.node("a", 1, "A100-40GB", GpuMode.PLAIN);
    assertThat(world.place(asking("a0", "20Gi", 1), "a").isBound()).isTrue();
    ask(urgent("u"));
    String leaving = world.cluster.evictions.get(0);
    terminates(leaving);
    ask(urgent("equal"));
    assertThat(preemptions.has("equal")).isFalse();
    PodView higher = asking("higher", "30Gi", 11);
    ask(higher);
    assertThat(preemptions.has("higher")).isTrue();
    assertThat(preemptions.has("u")).isFalse();
    assertThat(world.cluster.evictions).as("it waits for the same victim").hasSize(1);
    podEnded(leaving);
    assertThat(isHeldFor("higher")).isTrue();
    assertThat(world.chosen(ask(higher))).containsExactly("a");
  }

  @Test
  void whatAProposalHoldsComesFreeOnceAndNotTwice() {
    world.node("a", 1, "A100-40GB", GpuMode.PLAIN);
    assertThat(world.place(asking("a0", "20Gi", 1), "a").isBound()).isTrue();
    // 19 GiB are left; the proposal holds 15 of them.
    assertThat(world.chosen(ask(asking("hint", "15Gi", 1)))).containsExactly("a");
    assertThat(isHeldFor("hint")).isTrue();
    ask(urgent("u"));
    assertThat(world.cluster.evictions).as("19 GiB are less than 30").containsExactly("a0");
  }

  private void terminates(String uid) {
    String record =
        Objects.requireNonNull(world.cluster.pods.get("ml/pod-" + uid))
            .annotation("kerf.gpu/placement");
    world.scheduling.podChanged(
        pod(uid)
            .priority(1)
            .nodeName("a")
            .container("main", Map.of("kerf.gpu/memory", "20Gi"))
            .annotation("kerf.gpu/placement", record)
            .terminating()
            .build());
  }

  // ---- a search that takes its time

  private void fillMany(int nodes) {
    String[] names = new String[nodes];
    for (int i = 0; i < nodes; i++) {
      names[i] = "n" + i;
    }
    fill(names);
  }

  @Test
  void aSearchThatIsTooLongForACallGoesOnInSlicesAndItsPlanBeginsByItself() {
    fillMany(40);
    world.nanosPerLook = SECOND * 1_000;
    FilterAnswer answer = filter.filter(world.call(urgent("u")));
    assertThat(answer.evicts()).isFalse();
    assertThat(world.hopeless(answer)).as("kube-scheduler need not look").hasSize(40);
    assertThat(preemptions.has("u")).isTrue();
    assertThat(preemptions.underWay()).as("no pod has to go yet").isZero();
    int turns = 0;
    while (preemptions.underWay() == 0 && turns < 1_000) {
      Objects.requireNonNull(world.later.poll(), "the search goes on").run();
      turns++;
    }
    assertThat(turns).as("slices").isGreaterThan(10);
    world.turn();
    assertThat(world.cluster.evictions).hasSize(1);
    Decision decision = world.scheduling.decisions().latest(1, "u").get(0);
    assertThat(decision.verb()).isEqualTo(Decision.Verb.PREEMPT);
    assertThat(decision.victims()).hasSize(1);
    assertThat(ask(urgent("u")).evicts()).as("no further pod goes").isFalse();
    podEnded(world.cluster.evictions.get(0));
    assertThat(isHeldFor("u")).isTrue();
  }

  @Test
  void whereTheSearchIsCutTheVictimIsTheSame() {
    fillMany(20);
    ask(urgent("at-once"));
    String victim = world.cluster.evictions.get(0);
    podEnded("at-once");
    world.cluster.evictions.clear();
    world.nanosPerLook = SECOND * 3_000;
    ask(urgent("cut"));
    assertThat(world.cluster.evictions).containsExactly(victim);
  }

  @Test
  void aPodThatIsDeletedWhileItsVictimsAreSearchedForEvictsNoPod() {
    fillMany(40);
    world.nanosPerLook = SECOND * 1_000;
    filter.filter(world.call(urgent("u")));
    podEnded("u");
    assertThat(preemptions.has("u")).isFalse();
    assertThat(world.cluster.evictions).isEmpty();
    assertThat(world.later).isEmpty();
  }

  @Test
  void aVictimOfASearchThatGoesByItselfMeanwhileSparesTheOthers() {
    fill("a");
    world.nanosPerLook = SECOND * 20_000;
    filter.filter(world.call(urgent("u")));
    assertThat(preemptions.underWay()).as("the first step is done, and no more").isZero();
    world.scheduling.podEnded("a0");
    world.turn();
    assertThat(world.cluster.evictions).isEmpty();
    world.nanosPerLook = 0;
    assertThat(world.chosen(ask(urgent("u")))).containsExactly("a");
  }

  @Test
  void kubeSchedulerIsToldNoVictimWhileTheSearchGoesOnAndKerfEvictsThen() throws VerbException {
    fillMany(40);
    PreemptVerb preempt = new PreemptVerb(world.scheduling, world.cluster, preemptions);
    world.nanosPerLook = SECOND * 1_000;
    assertThat(preempt.preempt(proposing(urgent("u"), 40)).nodes()).isEmpty();
    assertThat(world.cluster.evictions).isEmpty();
    world.turn();
    assertThat(world.cluster.evictions).hasSize(1);
  }

  @Test
  void whereKubeSchedulerEvictsItIsCalledWhenTheSearchIsOverAndGetsTheVictims()
      throws VerbException {
    fillMany(40);
    world.scheduling.use(new Policy(Policy.Answer.WINNERS, 10 * SECOND, Policy.Preemption.NATIVE));
    PreemptVerb preempt = new PreemptVerb(world.scheduling, world.cluster, preemptions);
    world.nanosPerLook = SECOND * 1_000;
    assertThat(preempt.preempt(proposing(urgent("u"), 40)).nodes()).isEmpty();
    world.turn();
    assertThat(world.cluster.evictions).isEmpty();
    assertThat(world.cluster.nudged).containsExactly("u");
    assertThat(preempt.preempt(proposing(urgent("u"), 40)).nodes())
        .singleElement()
        .satisfies(victims -> assertThat(victims.uids()).hasSize(1));
    assertThat(preemptions.has("u")).isFalse();
  }

  @Test
  void whatWasFoundForKubeSchedulerIsLookedAtAgainWhenItAsks() throws VerbException {
    fillMany(40);
    world.scheduling.use(new Policy(Policy.Answer.WINNERS, 10 * SECOND, Policy.Preemption.NATIVE));
    PreemptVerb preempt = new PreemptVerb(world.scheduling, world.cluster, preemptions);
    world.nanosPerLook = SECOND * 1_000;
    assertThat(preempt.preempt(proposing(urgent("u"), 40)).nodes()).isEmpty();
    world.turn();
    // Of equals those go that have run least, on the node that comes first.
    world.scheduling.podEnded("n00");
    world.scheduling.podEnded("n01");
    world.nanosPerLook = 0;
    assertThat(preempt.preempt(proposing(urgent("u"), 40)).nodes())
        .as("no pod has to go where none is, and none elsewhere")
        .isEmpty();
  }

  private static PreemptCall proposing(PodView pod, int nodes) {
    List<PreemptCall.Candidate> proposed = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      proposed.add(new PreemptCall.Candidate("n" + i, List.of(), 0));
    }
    return new PreemptCall(pod, proposed);
  }

  // ---- CPU and memory

  private static PodView asking(String uid, String memory, int priority, String cpu) {
    return pod(uid)
        .priority(priority)
        .container("main", Map.of("kerf.gpu/memory", memory, "cpu", cpu))
        .build();
  }

  /** A node of 8 CPUs with a pod of 20 GiB on each of its GPUs, and one that holds 6 CPUs. */
  private void fillCpu(int priority) {
    fill("a");
    world.node(
        new NodeSpec(
            "a",
            Objects.requireNonNull(world.scheduling.fleet().node("a")).spec().gpus(),
            Topology.uniform(2),
            8_000,
            64_000));
    PodView web = pod("web").priority(priority).container("main", Map.of("cpu", "6")).build();
    assertThat(world.place(web, "a").isBound()).isTrue();
    assertThat(world.entry("web").placement().cpuMilli()).isEqualTo(6_000);
  }

  @Test
  void aPodWithoutGpusGoesWhereItsCpuIsNeeded() {
    fillCpu(1);
    ask(asking("u", "30Gi", 10, "6"));
    assertThat(world.cluster.evictions).hasSize(2).contains("web");
  }

  @Test
  void aPodWithoutGpusStaysWhereItsCpuIsNotNeeded() {
    fillCpu(0);
    ask(asking("u", "30Gi", 10, "2"));
    assertThat(world.cluster.evictions).hasSize(1).doesNotContain("web");
  }

  @Test
  void aNodeWhoseCpuIsHeldByEqualPriorityIsNoPlanAlthoughItsGpusCouldBeFreed() {
    fillCpu(10);
    FilterAnswer answer = ask(asking("u", "30Gi", 10, "6"));
    assertThat(answer.evicts()).isFalse();
    assertThat(world.cluster.evictions).isEmpty();
    assertThat(preemptions.underWay()).isZero();
  }

  @Test
  void theCpuThatComesFreeIsKeptForThePreemptorUntilItLands() {
    fillCpu(1);
    PodView urgent = asking("u", "30Gi", 10, "6");
    ask(urgent);
    podEnded("web");
    assertThat(ask(pod("thief").container("main", Map.of("cpu", "3")).build()).chosen()).isZero();
    assertThat(world.chosen(ask(pod("small").container("main", Map.of("cpu", "2")).build())))
        .containsExactly("a");
    world.cluster.evictions.stream().filter(uid -> !uid.equals("web")).forEach(this::podEnded);
    assertThat(isHeldFor("u")).isTrue();
    assertThat(world.chosen(ask(urgent))).containsExactly("a");
    assertThat(world.bind(urgent, "a").isBound()).isTrue();
  }

  // ---- over a restart

  private Preemptions afterRestart(World next, PodView... pods) {
    next.cluster.synced = false;
    Preemptions again =
        new Preemptions(next.scheduling, next.cluster, Disruptions.NONE, next.gangs);
    next.scheduling.use(new Policy(Policy.Answer.WINNERS, 10 * SECOND, Policy.Preemption.KERF));
    next.node("a", 2, "A100-40GB", GpuMode.PLAIN);
    for (PodView one : pods) {
      next.scheduling.podChanged(one);
      again.podChanged(one);
    }
    again.restore();
    assertThat(again.underWay()).as("before everything is known").isZero();
    next.cluster.synced = true;
    again.restore();
    return again;
  }

  private static PodView.Builder low(String uid, int gpu) {
    String record =
        "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"mps\",\"slots\":["
            + "{\"gpu\":%d,\"mps\":{\"smMilli\":0},\"memoryMiB\":20480}]}]}".formatted(gpu);
    return pod(uid)
        .priority(1)
        .nodeName("a")
        .container("main", Map.of("kerf.gpu/memory", "20Gi"))
        .annotation("kerf.gpu/placement", record);
  }

  private static PodView nominated(String uid, int priority) {
    return pod(uid)
        .priority(priority)
        .nominatedNode("a")
        .container("main", Map.of("kerf.gpu/memory", "30Gi"))
        .build();
  }

  @Test
  void aRestartWaitsOnForThoseWhoAreOnTheirWayOut() {
    World next = new World();
    Preemptions again =
        afterRestart(
            next, low("l0", 0).terminating().build(), low("l1", 1).build(), nominated("u", 10));
    assertThat(again.underWay()).isEqualTo(1);
    FilterVerb verb = new FilterVerb(next.scheduling, next.cluster, again);
    assertThat(verb.filter(next.call(nominated("u", 10))).evicts()).isFalse();
    next.scheduling.podEnded("l0");
    again.look();
    next.turn();
    assertThat(next.cluster.evictions).as("no other pod was evicted").isEmpty();
    assertThat(verb.filter(next.call(asking("thief", "30Gi", 10))).chosen()).isZero();
    assertThat(next.chosen(verb.filter(next.call(nominated("u", 10))))).containsExactly("a");
  }

  @Test
  void aRestartKeepsWhatIsFreeAlreadyForTheMostUrgentThatWasPromisedIt() {
    World next = new World();
    Preemptions again =
        afterRestart(next, low("l1", 1).build(), nominated("less", 5), nominated("more", 10));
    assertThat(next.entry("more").state()).isEqualTo(Entry.State.PROPOSED);
    assertThat(next.holdsNothing("less")).isTrue();
    FilterVerb verb = new FilterVerb(next.scheduling, next.cluster, again);
    assertThat(verb.filter(next.call(asking("thief", "30Gi", 10))).chosen()).isZero();
  }

  @Test
  void aNominationThatWouldNeedMoreVictimsIsForgottenAndThePodComesBack() {
    World next = new World();
    Preemptions again =
        afterRestart(next, low("l0", 0).build(), low("l1", 1).build(), nominated("u", 10));
    assertThat(again.underWay()).isZero();
    assertThat(next.cluster.nudged).containsExactly("u");
  }

  private static NodeSpec named(String... uuids) {
    List<GpuSpec> gpus = new ArrayList<>();
    for (String uuid : uuids) {
      gpus.add(new GpuSpec(uuid, World.model("A100-40GB"), 40_960, GpuMode.PLAIN, List.of()));
    }
    return NodeSpec.of("a", gpus);
  }

  private void changes(String... uuids) {
    world.node(named(uuids));
    preemptions.nodeChanged(named(uuids));
    world.turn();
  }

  @Test
  void aPlanGoesWithItsGpusWhenTheirOrderIsAnother() {
    world.node(named("A", "B"));
    world.place(asking("a0", "20Gi", 1), "a");
    world.place(asking("a1", "20Gi", 1), "a");
    ask(urgent("u"));
    String victim = world.cluster.evictions.get(0);
    String uuid = uuidOf(victim);

    changes("B", "A");
    podEnded(victim);

    assertThat(isHeldFor("u")).isTrue();
    assertThat(uuidOf("u")).isEqualTo(uuid);
  }

  @Test
  void aPlanEndsWhenOneOfItsGpusIsLost() {
    world.node(named("A", "B"));
    world.place(asking("a0", "20Gi", 1), "a");
    world.place(asking("a1", "20Gi", 1), "a");
    ask(urgent("u"));
    String lost = uuidOf(world.cluster.evictions.get(0));

    changes(lost.equals("A") ? "B" : "A");

    assertThat(preemptions.underWay()).isZero();
  }

  private String uuidOf(String uid) {
    Entry entry = world.entry(uid);
    NodeState node = Objects.requireNonNull(world.scheduling.fleet().node("a"));
    int gpu = entry.placement().slots().get(0).gpu();
    return String.valueOf(node.spec().gpus().get(gpu).uuid());
  }

  /** A pod of a gang on each of two nodes, beside pods that are as urgent as the one that comes. */
  private void gangOverTwoNodes(GangSize size) {
    for (String node : List.of("a", "b")) {
      world.node(node, 2, "A100-40GB", GpuMode.PLAIN);
      assertThat(world.place(asking(node + "1", "20Gi", 10), node).isBound()).isTrue();
      PodView.Builder mate =
          pod("g" + node)
              .priority(1)
              .schedulingGroup("train")
              .container("main", Map.of("kerf.gpu/memory", "20Gi"));
      assertThat(world.place(mate.build(), node).isBound()).isTrue();
      world.gangs.podChanged(mate.nodeName(node).build());
    }
    world.gangs.sizeChanged(new GangKey(GangKey.Source.KUBERNETES, "ml", "train"), size);
  }

  @Test
  void aGangThatLosesAPodGoesWhole() {
    gangOverTwoNodes(GangSize.all(2));
    assertThat(ask(urgent("u")).evicts()).isTrue();
    assertThat(world.cluster.evictions).containsExactlyInAnyOrder("ga", "gb");
  }

  @Test
  void aGangThatHasEnoughPodsLeftGoesOn() {
    gangOverTwoNodes(new GangSize(1, 2));
    assertThat(ask(urgent("u")).evicts()).isTrue();
    assertThat(world.cluster.evictions).hasSize(1);
  }

  @Test
  void aGangWhosePodsMayGoAloneLosesOne() {
    gangOverTwoNodes(GangSize.all(2).evictedApart());
    assertThat(ask(urgent("u")).evicts()).isTrue();
    assertThat(world.cluster.evictions).hasSize(1);
  }
}
