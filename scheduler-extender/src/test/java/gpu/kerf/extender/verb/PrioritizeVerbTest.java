package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.asking;
import static gpu.kerf.extender.verb.World.askingWhole;
import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.GpuMode;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrioritizeVerbTest {

  private final World world =
      new World()
          .node("h100", 1, "H100-80GB", GpuMode.PLAIN)
          .node("t4", 1, "T4", GpuMode.PLAIN)
          .node("a30", 1, "A30-24GB", GpuMode.PLAIN);

  @Test
  void onlyTheCheapestClassGetsTen() {
    // 15 Gi leave 0 on a T4 that nothing else could use, 8 Gi on an A30 and 64 Gi on an H100.
    Map<String, Integer> scores = world.scores(asking("1", "15Gi"));
    assertThat(scores.get("t4")).isEqualTo(10);
    assertThat(scores.values()).filteredOn(score -> score == 10).hasSize(1);
    assertThat(scores.values()).allMatch(score -> score >= 0 && score <= 10);
  }

  @Test
  void equalNodesGetEqualScores() {
    world.node("t4-2", 1, "T4", GpuMode.PLAIN);
    Map<String, Integer> scores = world.scores(asking("1", "15Gi"), "t4", "t4-2", "h100");
    assertThat(scores).containsEntry("t4", 10).containsEntry("t4-2", 10);
  }

  @Test
  void manyClassesAreSpreadOverNineToZero() {
    for (int i = 0; i < 30; i++) {
      World one = world.node("n" + i, 1, "H100-80GB", GpuMode.PLAIN);
      one.place(asking("filler" + i, (1 + i) + "Gi"), "n" + i);
    }
    Map<String, Integer> scores = world.scores(asking("1", "8Gi"));
    assertThat(scores.values()).contains(10, 9, 5, 0);
    assertThat(scores.values()).filteredOn(score -> score == 10).hasSize(1);
  }

  @Test
  void nodesWhereThePodDoesNotFitGetNothing() {
    assertThat(world.scores(asking("1", "30Gi"), "t4", "h100", "x"))
        .isEqualTo(Map.of("t4", 0, "h100", 10, "x", 0));
  }

  @Test
  void itsOwnProposalDoesNotStandInItsWay() {
    world.filter(askingWhole("1", 1), "h100");
    assertThat(world.scores(askingWhole("1", 1), "h100")).containsEntry("h100", 10);
    assertThat(world.entry("1").placement().node()).isEqualTo("h100");
  }

  @Test
  void proposalsOfOthersYieldWhereNothingElseFits() {
    world.filter(askingWhole("1", 1), "h100");
    assertThat(world.scores(askingWhole("2", 1), "h100")).containsEntry("h100", 10);
  }

  @Test
  void whatMakesNoSenseGetsNothing() {
    assertThat(world.scores(asking("1", "0"), "h100")).containsEntry("h100", 0);
  }

  @Test
  void aPodWithoutGpusPrefersNodesWithoutThem() {
    assertThat(world.scores(pod("1").build(), "h100", "x")).isEqualTo(Map.of("h100", 0, "x", 10));
  }

  @Test
  void nothingIsRankedBeforeAllNodesAndPodsAreKnown() {
    world.cluster.synced = false;
    assertThatThrownBy(() -> world.prioritize.prioritize(world.call(asking("1", "1Gi"))))
        .isInstanceOf(VerbException.class)
        .hasMessageContaining("kerf:not-synced");
  }
}
