package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With every kind of fault, no part of a GPU is given twice, and the state becomes correct again.
 */
final class SimulationTest {
  private static final long EVENTS = Long.getLong("kerf.simulated.events", 100_000);
  private static final long SEEDS = 4;
  private static final Set<Fault> ALL = EnumSet.allOf(Fault.class);

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
    Set<Fault> faults = EnumSet.allOf(Fault.class);
    for (long seed = 1; seed <= SEEDS; seed++) {
      isClean(Scenario.of(seed, EVENTS / SEEDS, faults));
    }
  }

  /** No team holds more than its limit, no gang is torn, and who may run does. */
  @Test
  void teamsAndGangsEndWellWithoutFaults() {
    isClean(Scenario.of(1, 20_000, Set.of()).withTeams(true));
  }

  @Test
  void teamsAndGangsEndWellWithEveryFault() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Scenario scenario = new Scenario(seed, EVENTS / SEEDS, ALL, 2, 0, 0, true, false);
      isClean(scenario);
    }
  }

  /** No device and no counter is given twice, and no claim is left over. */
  @Test
  void devicesOfDriversAreGivenOnceWithoutFaults() {
    isClean(Scenario.of(1, 20_000, Set.of()).withDra(true));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void devicesOfDriversAreGivenOnceWithEveryFault(long seed) {
    isClean(new Scenario(seed, EVENTS / 4, ALL, 2, 0, 0, false, true));
  }

  /**
   * Two preemptors of equal priority took the freed places on one GPU from each other, and evicted
   * pods in turns.
   */
  @Test
  void aPlanLeavesThePlaceThatWaitsForAnotherPreemptor() {
    Set<Fault> faults = EnumSet.of(Fault.KILLED_IN_CLAIM, Fault.LOST_CLAIMS);
    isClean(Scenario.of(8, 20_000, faults).withDra(true));
  }

  /** A pod counted twice that had a sharable GPU whole, and none was evicted from that GPU. */
  @Test
  void aPodIsEvictedFromAWholeGpuThatClaimsCanShare() {
    isClean(Scenario.of(1, 20_000, EnumSet.of(Fault.DROPPED_FIELDS)).withDra(true));
  }

  /** A replica that was killed did not know which pods were deleted by force meanwhile. */
  @Test
  void aReplicaThatStartsKnowsWhatWasDeletedByForce() {
    isClean(Scenario.of(13, 30_000, EnumSet.of(Fault.FORCED_DELETES, Fault.KILLED_REPLICAS)));
  }

  /**
   * Seed 1: a replica whose watch was half open forgot the pod that it had bound itself. Seed 23:
   * one that had been stopped listed a pod that was bound and deleted meanwhile as gone. Seeds 69
   * and 192: a replica with a half-open watch bound once a list did not show the pod any more.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 23, 69, 192})
  void aReplicaThatWasDeafKnowsWhatWasDeletedByForce(long seed) {
    Set<Fault> faults = EnumSet.complementOf(EnumSet.of(Fault.KILLED_REPLICAS));
    isClean(Scenario.of(seed, 30_000, faults));
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

  /** A Binding that came later than its sender's end met one of the next leader. */
  @Test
  void aLateBindingMeetsNoneOfTheNextHolderOfTheLease() {
    isClean(Scenario.of(120, 30_000, EnumSet.complementOf(EnumSet.of(Fault.FORCED_DELETES))));
  }

  /** Replicas are killed as they evict, victims end by themselves, budgets forbid. */
  @Test
  void evictionsEndWellWithEveryFault() {
    Set<Fault> faults =
        EnumSet.of(
            Fault.EVICTIONS_REFUSED,
            Fault.LOST_EVICTIONS,
            Fault.DISRUPTION_BUDGETS,
            Fault.KILLED_EVICTORS,
            Fault.ENDING_VICTIMS,
            Fault.DELETED_PREEMPTORS);
    for (long seed = 1; seed <= 2; seed++) {
      isClean(Scenario.of(seed, 20_000, faults));
    }
  }

  private static void isClean(Scenario scenario) {
    SimulationResult outcome = Simulation.run(scenario);

    assertThat(outcome.problem()).as(SimulateCommand.replay(scenario)).isEmpty();
    assertThat(outcome.rounds()).isPositive();
  }
}
