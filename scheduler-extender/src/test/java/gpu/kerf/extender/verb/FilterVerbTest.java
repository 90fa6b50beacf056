package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static gpu.kerf.extender.verb.World.askingWhole;
import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Reason;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FilterVerbTest {

  private final World world =
      new World().node("a", 2, "H100-80GB", GpuMode.PLAIN).node("b", 1, "T4", GpuMode.PLAIN);

  @Test
  void aPodThatIsBoundStaysBoundWhenKubeSchedulerDoesNotKnowYet() {
    World world = new World().node("a", 1, "H100-80GB", GpuMode.PLAIN);
    PodView pod = asking("p", "8Gi");
    assertThat(world.place(pod, "a").isBound()).isTrue();
    assertThat(world.chosen(world.filter(pod))).containsExactly("a");
    assertThat(world.scheduling.pods().get("p"))
        .matches(known -> known != null && !known.isPending(), "bound");
  }

  @Test
  void winnersNamesOnlyTheNodesOfTheBestCostClass() {
    world.node("c", 1, "T4", GpuMode.PLAIN);
    FilterAnswer answer = world.filter(asking("1", "15Gi"));
    assertThat(world.chosen(answer)).containsExactly("b", "c");
    assertThat(world.failed(answer)).isEmpty();
  }

  @Test
  void untouchedNodesStayUntouchedBeforeAnyPodAskedForOne() {
    world.node("c", 2, "H100-80GB", GpuMode.PLAIN);
    assertThat(world.chosen(world.filter(asking("1", "60Gi")))).containsExactly("a", "c");
    assertThat(world.place(asking("1", "60Gi"), "c").isBound()).isTrue();
    assertThat(world.chosen(world.filter(asking("2", "60Gi")))).containsExactly("c");
    assertThat(world.scheduling.decisions().latest(1, "2").get(0).why())
        .endsWith("Next best: a, as cheap, but the node is emptier.");
  }

  @Test
  void allNamesEveryNodeThatFitsAndWhyTheOthersDoNot() {
    world.scheduling.use(new Policy(Policy.Answer.ALL, 10_000));
    FilterAnswer answer = world.filter(asking("1", "14Gi"), "a", "b", "x");
    assertThat(world.chosen(answer)).containsExactly("a", "b");
    assertThat(world.hopeless(answer)).containsExactly(Map.entry("x", Reason.NO_GPUS.text()));
  }

  @Test
  void whereAPodNeverFitsEveryNodeStandsInTheMapOfTheHopeless() {
    FilterAnswer answer = world.filter(askingWhole("3", 3));
    assertThat(answer.chosen()).isZero();
    assertThat(world.failed(answer)).isEmpty();
    assertThat(world.hopeless(answer)).containsOnlyKeys("a", "b");
  }

  @Test
  void aProposalSteersTheNextPodToAnotherPlace() {
    world.node("c", 2, "H100-80GB", GpuMode.PLAIN);
    assertThat(world.chosen(world.filter(askingWhole("1", 2)))).containsExactly("a", "c");
    assertThat(world.chosen(world.filter(askingWhole("2", 2)))).containsExactly("c");
  }

  @Test
  void aProposalYieldsWhereNothingElseFits() {
    assertThat(world.chosen(world.filter(askingWhole("1", 2), "a"))).containsExactly("a");
    assertThat(world.chosen(world.filter(askingWhole("2", 2), "a"))).containsExactly("a");
  }

  @Test
  void aProposalIsOverWhenItsTimeIs() {
    world.filter(askingWhole("1", 2), "a");
    assertThat(world.scheduling.ledger().entry("1")).isNotNull();
    world.millis += 10_000;
    world.filter(askingWhole("2", 3), "a");
    assertThat(world.scheduling.ledger().entry("1")).isNull();
  }

  @Test
  void nothingIsSaidBeforeAllNodesAndPodsAreKnown() {
    world.cluster.synced = false;
    FilterAnswer answer = world.filter(asking("1", "1Gi"));
    assertThat(answer.error()).contains("has not seen all nodes").contains("kerf:not-synced");
    assertThat(world.scheduling.pods().size()).isZero();
  }

  @Test
  void whatMakesNoSenseIsRefusedOnEveryNodeForEver() {
    FilterAnswer answer = world.filter(asking("1", "9E"), "a", "x");
    assertThat(world.hopeless(answer)).containsOnlyKeys("a", "x");
    assertThat(world.hopeless(answer).get("a"))
        .contains("kerf.gpu/memory (9E) of container main")
        .contains("must be more than nothing");
  }

  @Test
  void aPodWithoutGpusGoesWhereThereAreNone() {
    FilterAnswer answer =
        world.filter(pod("1").container("main", Map.of("cpu", "2")).build(), "a", "x");
    assertThat(world.chosen(answer)).containsExactly("x");
  }

  @Test
  void onePodIsLearnedOnceHoweverOftenItIsAskedAbout() {
    for (int i = 0; i < 5; i++) {
      world.filter(asking("1", "1Gi"));
      world.scores(asking("1", "1Gi"));
    }
    assertThat(world.scheduling.chooser().mix().total()).isEqualTo(1);
  }

  @Test
  void pricesAreRenewedAfterTheAnswerNotBefore() {
    world.filter(asking("1", "1Gi"));
    world.turn();
    world.filter(asking("2", "1Gi"));
    var during = world.scheduling.placer().prices();
    world.turn();
    assertThat(world.scheduling.placer().prices()).isNotSameAs(during);
  }
}
