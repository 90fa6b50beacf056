package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * With every kind of fault, no part of a GPU is given twice, and the state becomes correct again.
 */
final class SimulationTest {
  private static final long EVENTS = Long.getLong("kerf.simulated.events", 100_000);
  private static final long SEEDS = 4;

  @BeforeAll
  static void silently() {
    SimulateCommand.silence();
  }

  @Test
  void nothingIsGivenTwiceWithoutFaults() {
    isClean(Scenario.of(1, 20_000, Set.of()));
  }

  @Test
  void nothingIsGivenTwiceWithFaults() {
    Set<Fault> faults = EnumSet.complementOf(EnumSet.of(Fault.FORCED_DELETES));
    for (long seed = 1; seed <= SEEDS; seed++) {
      isClean(Scenario.of(seed, EVENTS / SEEDS, faults));
    }
  }

  /** Replicas that are killed or deaf know of no quarantine: see the document of the simulator. */
  @Test
  void nothingIsGivenTwiceWhenPodsAreDeletedByForce() {
    Set<Fault> faults =
        EnumSet.of(Fault.FORCED_DELETES, Fault.REBOOTS, Fault.LEADER_CHANGES, Fault.COMPACTION);
    for (long seed = 1; seed <= 2; seed++) {
      isClean(Scenario.of(seed, 20_000, faults));
    }
  }

  /** Evictions were planned while the proposals of others were lifted off the ledger. */
  @Test
  void aPlanCountsWhatProposalsHold() {
    isClean(new Scenario(1, 60_000, Set.of(), 1, 1, 16));
  }

  /** A node that the listener had refused once was never told again. */
  @Test
  void aNodeIsToldAgainAfterItsListenerFailed() {
    EnumSet<Fault> faults = EnumSet.of(Fault.FAILING_LISTENERS, Fault.KILLED_REPLICAS);
    faults.add(Fault.CUT_WATCHES);
    faults.add(Fault.PAUSED_SCHEDULERS);
    isClean(new Scenario(118, 20_000, faults, 2, 2, 4));
  }

  private static void isClean(Scenario scenario) {
    SimulationResult outcome = Simulation.run(scenario);

    assertThat(outcome.problem()).as(SimulateCommand.replay(scenario)).isEmpty();
    assertThat(outcome.rounds()).isPositive();
  }
}
