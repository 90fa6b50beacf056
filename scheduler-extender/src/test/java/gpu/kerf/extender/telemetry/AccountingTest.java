package gpu.kerf.extender.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.extender.service.RunningService;
import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AccountingTest {
  private static final double EXACT = 1e-6;

  private long now = 1_000_000;
  private final Ledger ledger = new Ledger();
  private final Accounting accounting = new Accounting(() -> Instant.ofEpochMilli(now), 2);

  AccountingTest() {
    ledger.putNode(RunningService.node("a", 4, "H100-80GB", GpuMode.PLAIN));
  }

  @Test
  void whatIsHeldCountsForAsLongAsItIsHeld() {
    take("ml", "p", new Slot.Share(0, 8192, 0));
    now += 10_000;
    take("ml", "q", new Slot.Share(0, 4096, 0));
    now += 5_000;
    release("p");
    now += 60_000;
    release("q");
    now += 3_600_000;

    // p: 8192 MiB x 15 s = 122,880; q: 4096 MiB x 65 s = 266,240
    assertThat(account("ml").mebibyteSeconds()).isCloseTo(389_120, within(EXACT));
    assertThat(account("ml").heldMiB()).isZero();
  }

  @Test
  void aWholeGpuIsOneAndAShareIsItsPartOfTheMemory() {
    int memory = Objects.requireNonNull(ledger.fleet().at(0)).spec().gpus().get(0).memoryMiB();
    take("ml", "whole", new Slot.Whole(1, memory));
    take("ml", "half", new Slot.Share(0, memory / 2, 0));
    now += 100_000;

    // 100 s x (1 + floor(m / 2) / m)
    int half = memory / 2;
    double expected = 100 * (1 + half / (double) memory);
    assertThat(account("ml").gpuSeconds()).isCloseTo(expected, within(EXACT));
  }

  @Test
  void waitsAreAddedUpByNamespace() {
    accounting.placed("ml", 2_500);
    accounting.placed("ml", 500);
    accounting.placed("dev", -1);

    assertThat(account("ml").placed()).isEqualTo(2);
    assertThat(account("ml").waitedSeconds()).isCloseTo(3, within(EXACT));
    assertThat(account("dev").waitedSeconds()).as("a clock that was set back").isZero();
  }

  @Test
  void pricesHoldFromTheMomentTheyAreSet() {
    take("ml", "p", new Slot.Whole(0, 81559));
    now += 3_600_000;
    accounting.prices(perHour("2.5"));
    now += 3_600_000;
    accounting.prices(perHour("4"));
    now += 1_800_000;

    // nothing for the first hour, 2.5 for the second, half of 4.0 for the last half
    assertThat(account("ml").cost()).isCloseTo(4.5, within(EXACT));
  }

  @Test
  void proposalsHoldNothing() {
    ledger.propose(holder("ml", "p"), placement(new Slot.Share(0, 8192, 0)), now, 5_000);
    accounting.follow(ledger, "a");
    now += 10_000;

    assertThat(accounting.accounts()).isEmpty();
  }

  @Test
  void aClockThatGoesBackwardsTakesNothingAway() {
    take("ml", "p", new Slot.Share(0, 1000, 0));
    now += 10_000;
    double before = account("ml").mebibyteSeconds();
    now -= 3_600_000;
    assertThat(account("ml").mebibyteSeconds()).isEqualTo(before);
    now += 2_000;
    assertThat(account("ml").mebibyteSeconds()).isCloseTo(before + 2_000, within(EXACT));
  }

  @Test
  void namespacesBeyondTheLimitCountTogetherAndTheFirstKeepTheirOwn() {
    take("first", "1", new Slot.Share(0, 100, 0));
    take("second", "2", new Slot.Share(0, 100, 0));
    take("third", "3", new Slot.Share(0, 100, 0));
    take("fourth", "4", new Slot.Share(0, 100, 0));
    release("1");
    take("fifth", "5", new Slot.Share(0, 100, 0));

    assertThat(accounting.accounts().keySet())
        .containsExactlyInAnyOrder("first", "second", "other");
    assertThat(account("other").heldMiB()).isEqualTo(300);
  }

  @Test
  void followingTheLedgerTwiceChangesNothing() {
    take("ml", "p", new Slot.Share(0, 1000, 0));
    accounting.follow(ledger, "a");
    accounting.follow(ledger, "a");
    now += 1_000;

    assertThat(account("ml").mebibyteSeconds()).isCloseTo(1_000, within(EXACT));
  }

  private Accounting.Account account(String namespace) {
    Accounting.Account account = accounting.accounts().get(namespace);
    if (account == null) {
      throw new AssertionError("no account of " + namespace);
    }
    return account;
  }

  private void take(String namespace, String uid, Slot slot) {
    assertThat(ledger.take(holder(namespace, uid), placement(slot), now))
        .isEqualTo(Ledger.Taking.TAKEN);
    accounting.follow(ledger, "a");
  }

  private void release(String uid) {
    ledger.release(uid);
    accounting.follow(ledger, "a");
  }

  private static Holder holder(String namespace, String uid) {
    return new Holder(uid, namespace, uid, "", "", 0);
  }

  private static Placement placement(Slot slot) {
    return new Placement("a", List.of(new ContainerSlots("main", List.of(slot))), 0, 0);
  }

  private static PriceList perHour(String price) {
    return new PriceList("EUR", Map.of("H100-80GB", Price.parse(price)), Price.ZERO);
  }
}
