package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptAnswer;
import gpu.kerf.extender.wire.PreemptAnswer.Victims;
import gpu.kerf.extender.wire.PreemptCall;
import gpu.kerf.extender.wire.PreemptCall.Candidate;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PreemptVerbTest {

  private final World world =
      new World()
          .node("a", 1, "H100-80GB", GpuMode.PLAIN)
          .node("b", 1, "H100-80GB", GpuMode.PLAIN)
          .node("c", 1, "T4", GpuMode.PLAIN);

  private static PodView asking(String uid, String memory, int priority) {
    return pod(uid).priority(priority).container("main", Map.of("kerf.gpu/memory", memory)).build();
  }

  private PreemptAnswer preempt(PodView pod, Candidate... candidates) throws VerbException {
    return world.preempt.preempt(new PreemptCall(pod, List.of(candidates)));
  }

  private static Candidate noVictimOn(String node) {
    return new Candidate(node, List.of(), 0);
  }

  @Test
  void victimsAreWorkedOutFromTheLedgerAndNotFromTheProposal() throws VerbException {
    world.place(asking("1", "40Gi", 5), "a");
    world.place(asking("2", "30Gi", 1), "a");
    // Of 79.2 Gi 9.2 are free; without 2 it is 39.2, and 38 fit.
    PreemptAnswer answer =
        preempt(asking("9", "38Gi", 10), new Candidate("a", List.of("1"), 3), noVictimOn("b"));
    assertThat(answer.nodes()).containsExactly(new Victims("a", List.of("2"), 3));
  }

  @Test
  void nodesThatProposeNoVictimAreAccepted() throws VerbException {
    world.place(asking("1", "70Gi", 1), "a");
    assertThat(preempt(asking("9", "38Gi", 10), noVictimOn("a")).nodes())
        .containsExactly(new Victims("a", List.of("1"), 0));
  }

  @Test
  void theVictimOfHighestPriorityComesFirst() throws VerbException {
    world.place(asking("1", "30Gi", 1), "a");
    world.place(asking("2", "30Gi", 7), "a");
    world.place(asking("3", "10Gi", 3), "a");
    assertThat(preempt(asking("9", "75Gi", 10), noVictimOn("a")).nodes())
        .containsExactly(new Victims("a", List.of("2", "3", "1"), 0));
  }

  @Test
  void podsOfEqualOrHigherPriorityAreNeverEvicted() throws VerbException {
    world.place(asking("1", "70Gi", 10), "a");
    assertThat(preempt(asking("9", "38Gi", 10), new Candidate("a", List.of("1"), 0)).nodes())
        .isEmpty();
  }

  @Test
  void nodesWhereEvictionCannotHelpAreDropped() throws VerbException {
    world.place(asking("1", "10Gi", 1), "c");
    assertThat(preempt(asking("9", "38Gi", 10), new Candidate("c", List.of("1"), 0)).nodes())
        .isEmpty();
    assertThat(preempt(asking("9", "38Gi", 10), noVictimOn("x")).nodes()).isEmpty();
  }

  @Test
  void aNodeWhereThePodFitsAnywayIsDropped() throws VerbException {
    assertThat(preempt(asking("9", "38Gi", 10), noVictimOn("a")).nodes()).isEmpty();
  }

  /** The sums count it until it is deleted, so evicting the other one does not make them fit. */
  @Test
  void aNodeWithAPodWhoseGpuIsGoneIsDropped() throws VerbException {
    world.node(twoGpus("A", "B"));
    world.place(asking("1", "70Gi", 1), "d");
    world.place(asking("2", "70Gi", 1), "d");
    assertThat(preempt(asking("9", "38Gi", 10), noVictimOn("d")).nodes()).isNotEmpty();
    world.node(twoGpus("A", "C"));
    world.place(asking("3", "70Gi", 1), "d");

    assertThat(preempt(asking("8", "38Gi", 10), noVictimOn("d")).nodes()).isEmpty();
  }

  private static NodeSpec twoGpus(String one, String other) {
    List<GpuSpec> gpus =
        Stream.of(one, other)
            .map(
                uuid ->
                    new GpuSpec(uuid, World.model("H100-80GB"), 81_559, GpuMode.PLAIN, List.of()))
            .toList();
    return NodeSpec.of("d", gpus);
  }

  @Test
  void podsOnTheirWayOutAreWaitedForAndNotEvicted() throws VerbException {
    world.place(asking("1", "70Gi", 1), "a");
    world.scheduling.podChanged(
        pod("1")
            .priority(1)
            .nodeName("a")
            .terminating()
            .annotation("kerf.gpu/placement", record())
            .build());
    assertThat(preempt(asking("9", "38Gi", 10), noVictimOn("a")).nodes()).isEmpty();
  }

  private String record() {
    return world.cluster.bindings.get(0).annotations().getOrDefault("kerf.gpu/placement", "");
  }

  @Test
  void aPodThatMayNotPreemptEvictsNoPod() throws VerbException {
    world.place(asking("1", "70Gi", 1), "a");
    PodView gentle =
        pod("9")
            .priority(10)
            .neverPreempts()
            .container("main", Map.of("kerf.gpu/memory", "38Gi"))
            .build();
    assertThat(preempt(gentle, noVictimOn("a")).nodes()).isEmpty();
  }

  @Test
  void anInvalidDemandEvictsNoPod() throws VerbException {
    world.place(asking("1", "70Gi", 1), "a");
    assertThat(preempt(asking("9", "0", 10), noVictimOn("a")).nodes()).isEmpty();
  }

  @Test
  void nothingIsEvictedBeforeAllNodesAndPodsAreKnown() {
    world.cluster.synced = false;
    assertThatThrownBy(() -> preempt(asking("9", "38Gi", 10), noVictimOn("a")))
        .isInstanceOf(VerbException.class)
        .hasMessage(VerbError.NOT_SYNCED.answer());
  }

  @Test
  void theLedgerIsAsBefore() throws VerbException {
    world.place(asking("1", "70Gi", 1), "a");
    preempt(asking("9", "38Gi", 10), noVictimOn("a"));
    assertThat(world.entry("1").placement().memoryMiB()).isEqualTo(70 * 1024);
    assertThat(world.scheduling.fleet().at(0))
        .satisfies(node -> assertThat(node == null ? -1 : node.clients(0)).isEqualTo(1));
  }
}
