package gpu.kerf.extender.cost;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.service.RunningService;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.usage.UsageCell;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** For how long GPUs are there, and what of them is stranded by which owner. */
class GpuHoursTest {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  private long wall = 100 * HOUR;
  private long elapsed = 7;
  private final Ledger ledger = new Ledger();
  private final FleetFigures figures = new FleetFigures(ledger.fleet());
  private GpuHours hours = hours(1000);

  private GpuHours hours(int most) {
    return new GpuHours(
        ledger,
        figures,
        holder -> "team-of-" + holder.namespace(),
        () -> wall,
        () -> elapsed,
        most);
  }

  private void node(String name, int gpus) {
    ledger.putNode(RunningService.node(name, gpus, "H100-80GB", GpuMode.PLAIN));
    look();
  }

  private void pass(long millis) {
    wall += millis;
    elapsed += millis;
  }

  private void look() {
    figures.refresh();
    hours.tick();
  }

  private void take(String uid, Slot slot) {
    Placement placement =
        new Placement("a", List.of(new Placement.ContainerSlots("main", List.of(slot))), 0, 0);
    Holder holder = new Holder(uid, "ml", uid, "Job/train", "", 0);
    assertThat(ledger.take(holder, placement, elapsed)).isEqualTo(Ledger.Taking.TAKEN);
    look();
  }

  /** Usual are demands for so much. */
  private void usual(int mib) {
    PodDemand demand = PodDemand.of(Demand.memory(new MemoryMiB(mib)));
    figures.use(new UsualDemands(List.of(demand), ledger.fleet().models()));
    look();
  }

  private List<GpuHour> all() {
    List<GpuHour> all = new ArrayList<>();
    hours.hours(0, Long.MAX_VALUE, all::add);
    return all;
  }

  @Test
  void aGpuIsThereFromWhenItsNodeIsKnownUntilItIsGone() {
    pass(15 * MINUTE);
    node("a", 1);
    pass(30 * MINUTE);
    ledger.removeNode("a");
    look();
    pass(10 * MINUTE);

    assertThat(all()).singleElement().extracting(GpuHour::presentMillis).isEqualTo(30 * MINUTE);
  }

  @Test
  void manyNodesAtOnceAreLookedAtOneAfterTheOther() {
    for (int i = 0; i < 12; i++) {
      ledger.putNode(RunningService.node("n" + i, 1, "H100-80GB", GpuMode.PLAIN));
    }
    look();
    pass(100);
    assertThat(all()).hasSizeBetween(1, 11);

    hours.tick();
    hours.tick();
    hours.tick();
    pass(100);

    assertThat(all()).hasSize(12);
  }

  @Test
  void everyHourHasRecordsOfItsOwnWithoutAnyEvent() {
    node("a", 2);
    pass(2 * HOUR + 6 * MINUTE);

    assertThat(all())
        .extracting(each -> each.hourStartMillis() / HOUR + ":" + each.presentMillis() / MINUTE)
        .containsExactlyInAnyOrder("100:60", "100:60", "101:60", "101:60", "102:6", "102:6");
  }

  @Test
  void whatIsStrandedBelongsToTheOwnerThatCausedIt() {
    node("a", 1);
    usual(40_000);
    pass(10 * MINUTE);
    take("p", new Slot.Share(0, 45_000, 0));
    pass(20 * MINUTE);
    ledger.release("p");
    look();
    pass(30 * MINUTE - 1);

    // 81152 - 45000 = 36152 MiB are free and too little for a demand: 445 thousandths for 20
    // minutes. Before and after, 81152 - 2 x 40000 = 1152 MiB: 14 thousandths, of no owner.
    UsageCell.Key owner = new UsageCell.Key("team-of-ml", "ml", "Job/train", "H100-80GB", "mps");
    assertThat(all().get(0).stranded())
        .containsExactlyInAnyOrder(
            new GpuHour.Stranded(null, 14 * (40 * MINUTE - 1)),
            new GpuHour.Stranded(owner, 445 * 20 * MINUTE));
  }

  @Test
  void aGpuThatMustNotBeUsedIsStrandedByNoOwner() {
    node("a", 1);
    ledger.setForeign("a", 1);
    look();
    pass(MINUTE);

    assertThat(all().get(0).stranded()).containsExactly(new GpuHour.Stranded(null, 1000 * MINUTE));
  }

  @Test
  void aClockThatIsSetMovesNoTime() {
    node("a", 1);
    pass(20 * MINUTE);
    wall += 5 * HOUR;
    look();
    pass(10 * MINUTE);
    wall -= 5 * HOUR;
    look();
    pass(10 * MINUTE);

    assertThat(all())
        .extracting(each -> each.hourStartMillis() / HOUR + ":" + each.presentMillis() / MINUTE)
        .containsExactly("100:20", "105:10", "100:10");
  }

  @Test
  void theOldestHoursGoWhenThereAreTooMany() {
    hours = hours(6);
    node("a", 2);
    pass(10 * HOUR);

    assertThat(all())
        .extracting(each -> each.hourStartMillis() / HOUR)
        .containsExactly(107L, 107L, 108L, 108L, 109L, 109L);
  }
}
