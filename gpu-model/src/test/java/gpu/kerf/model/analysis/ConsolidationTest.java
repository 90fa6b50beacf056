package gpu.kerf.model.analysis;

import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.node;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.analysis.Fewest.Basis;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Grants;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How few GPUs would do. */
class ConsolidationTest {

  private final Ledger ledger = new Ledger();
  private int pods;

  @Test
  void instancesSpreadOverFourGpusFitOnTwo() {
    ledger.putNode(node("a").with(4, h100(), GpuMode.MIG_DYNAMIC).spec());
    run("a", mig(h100(), 0, "3g.40gb", 0));
    run("a", mig(h100(), 1, "3g.40gb", 0));
    run("a", mig(h100(), 2, "4g.40gb", 0));
    run("a", mig(h100(), 3, "1g.10gb", 0));

    // 3 halves and a slice: two GPUs
    assertThat(Consolidation.of(ledger))
        .containsExactly(
            new Consolidation(h100(), 4, 0, new Fewest(2, 2, Basis.CLOSED_FORM), Fewest.NONE));
  }

  @Test
  void wholeGpusStayAndSharesArePackedBesideThem() {
    ledger.putNode(node("a").with(4, h100(), GpuMode.PLAIN).spec());
    run("a", new Slot.Whole(0, h100().memoryMiB()));
    run("a", new Slot.Share(1, 30_000, 0));
    run("a", new Slot.Share(2, 30_000, 0));
    run("a", new Slot.Share(3, 20_000, 0));

    Consolidation found = Consolidation.of(ledger).get(0);

    // 30000 + 30000 + 20000 = 80000 of 81152
    assertThat(found)
        .isEqualTo(new Consolidation(h100(), 4, 1, Fewest.NONE, new Fewest(1, 1, Basis.BOUNDS)));
    assertThat(found.atLeast()).isEqualTo(2);
    assertThat(found.achieved()).isEqualTo(2);
  }

  @Test
  void staticInstancesCannotBeCutAnewSoOnlyTheBoundFalls() {
    ledger.putNode(
        node("a").withInstances(h100(), "3g.40gb@0").withInstances(h100(), "3g.40gb@4").spec());
    run("a", mig(h100(), 0, "3g.40gb", 0));
    run("a", mig(h100(), 1, "3g.40gb", 4));

    assertThat(Consolidation.of(ledger).get(0).mig()).isEqualTo(new Fewest(1, 2, Basis.BOUNDS));
  }

  @Test
  void wherePackingAnewIsWorseThanWhatRunsTheNumberInUseStands() {
    // first-fit-decreasing puts the two large ones together, and then needs a third GPU
    ledger.putNode(node("a").with(2, h100(), GpuMode.PLAIN).spec());
    for (int gpu = 0; gpu < 2; gpu++) {
      run("a", new Slot.Share(gpu, 32_460, 0));
      run("a", new Slot.Share(gpu, 24_346, 0));
      run("a", new Slot.Share(gpu, 24_346, 0));
    }

    // 32460 + 2 x 24346 = 81152, all of it; 2 x 32460 = 64920 leaves 16232, 3 x 24346 fit
    assertThat(Consolidation.of(ledger).get(0).shares()).isEqualTo(new Fewest(2, 2, Basis.BOUNDS));
  }

  @Test
  void proposalsDoNotRunYet() {
    ledger.putNode(node("a").with(1, h100(), GpuMode.PLAIN).spec());
    ledger.propose(Holder.of("hint"), placement("a", new Slot.Share(0, 1000, 0)), 0, 1000);

    assertThat(Consolidation.of(ledger)).isEmpty();
  }

  @Test
  void whatDoesNotStandIsNotCounted() {
    ledger.putNode(node("a").with(1, a30(), GpuMode.MIG_DYNAMIC).spec());
    run("a", mig(a30(), 0, "2g.12gb", 0));
    Holder newer = Holder.of("newer");
    assertThat(ledger.adopt(newer, grant("a", mig(a30(), 0, "2g.12gb", 0)), 99)).isNotNull();
    assertThat(ledger.adopt(Holder.of("lost"), grant("b", mig(a30(), 0, "2g.12gb", 0)), 99))
        .isNotNull();

    assertThat(Consolidation.of(ledger))
        .containsExactly(
            new Consolidation(a30(), 1, 0, new Fewest(1, 1, Basis.SEARCH), Fewest.NONE));
  }

  @Test
  void modelsAreToldApart() {
    ledger.putNode(node("a").with(2, h100(), GpuMode.PLAIN).spec());
    ledger.putNode(node("b").with(2, a30(), GpuMode.PLAIN).spec());
    run("b", new Slot.Share(0, 1000, 0));
    run("a", new Slot.Share(0, 1000, 0));

    assertThat(Consolidation.of(ledger))
        .extracting(Consolidation::model)
        .containsExactly(h100(), a30());
  }

  @Test
  void anEmptyFleetHasNothingToConsolidate() {
    assertThat(Consolidation.of(ledger)).isEmpty();
  }

  private void run(String node, Slot slot) {
    assertThat(ledger.adopt(Holder.of("p" + pods++), grant(node, slot), pods)).isNull();
  }

  private Grant grant(String node, Slot slot) {
    return Grants.grant(ledger, placement(node, slot));
  }

  private static Placement placement(String node, Slot slot) {
    return new Placement(node, List.of(new Placement.ContainerSlots("main", List.of(slot))), 0, 0);
  }

  private static Slot mig(GpuModel model, int gpu, String name, int start) {
    return new Slot.Mig(gpu, profile(model, name), start);
  }
}
