package gpu.kerf.bench.replay.mig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.bench.replay.Playing;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class JobQueueTest {
  private static final int SMALL = 0;
  private static final int HALF = 3;
  private static final int WHOLE = 5;

  @Test
  void aJobThatAsksForLessOvertakes() {
    // One GPU. half runs 0-100 s. whole (at 10) waits for all of it. small (at 20) fits beside half
    // and starts at once, until 150: whole starts then, and runs until 160. late (at 60) fits too.
    JobQueue.Outcome outcome =
        run(
            List.of(
                new Job("half", HALF, 100_000, 0),
                new Job("whole", WHOLE, 10_000, 10_000),
                new Job("small", SMALL, 130_000, 20_000),
                new Job("late", SMALL, 1_000, 60_000)),
            1);

    // Waits 0, 140, 0, 0 s.
    assertThat(outcome.meanWaitMs()).isEqualTo(35_000);
    assertThat(outcome.waitMs(75)).isEqualTo(0);
    assertThat(outcome.waitMs(76)).isEqualTo(140_000);
    // From 30 s to the last arrival at 60 s: half (3 of 7, 4 of 8) and small (1 of 7, 1 of 8).
    assertThat(outcome.gpcUtilPercent).isCloseTo(100 * 4 / 7.0, within(1e-9));
    assertThat(outcome.memUtilPercent).isCloseTo(100 * 5 / 8.0, within(1e-9));
  }

  @Test
  void utilisationCountsFromThirtySecondsToTheLastArrival() {
    // whole runs 0-40 s, and 50-70 s; the last job arrives at 60 s. Of 30-60 s: 10 s and 10 s.
    JobQueue.Outcome outcome =
        run(
            List.of(
                new Job("a", WHOLE, 40_000, 0),
                new Job("b", WHOLE, 20_000, 50_000),
                new Job("c", WHOLE, 5_000, 60_000)),
            1);

    assertThat(outcome.gpcUtilPercent).isCloseTo(100 * 20 / 30.0, within(1e-9));
    assertThat(outcome.memUtilPercent).isCloseTo(100 * 20 / 30.0, within(1e-9));
    // c waits from 60 to 70 s.
    assertThat(outcome.meanWaitMs()).isCloseTo(10_000 / 3.0, within(1e-9));
  }

  @Test
  void aShortTraceIsCountedToItsEnd() {
    // One second of arrivals: half runs 1-11 s of the ten seconds, on one of two GPUs.
    JobQueue.Outcome outcome = run(List.of(new Job("a", HALF, 10_000, 1_000)), 2);

    assertThat(outcome.gpcUtilPercent).isCloseTo(100 * 3 / 14.0, within(1e-9));
    assertThat(outcome.memUtilPercent).isCloseTo(100 * 4 / 16.0, within(1e-9));
    assertThat(outcome.meanWaitMs()).isZero();
  }

  @Test
  void roomOfAJobThatEndsIsThereForOneThatArrivesThen() {
    JobQueue.Outcome outcome =
        run(List.of(new Job("a", WHOLE, 40_000, 0), new Job("b", WHOLE, 1, 40_000)), 1);

    assertThat(outcome.meanWaitMs()).isZero();
  }

  @Test
  void theOracleMovesWhatStandsInTheWay() {
    // Two GPUs. First fit: small ones fill slices 0-3 of the first, then the odd ones end and leave
    // holes; a half needs four slices in one piece.
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      jobs.add(new Job("small" + i, SMALL, i % 2 == 0 ? 100_000 : 10_000, 0));
    }
    jobs.add(new Job("half", HALF, 10_000, 40_000));
    jobs.add(new Job("again", HALF, 10_000, 40_000));

    // 7 small ones are left on 2 GPUs, on each of the halves: nothing in one piece until 100 s.
    assertThat(run(jobs, 2).waitMs(100)).isEqualTo(60_000);
    assertThat(JobQueue.runWithFreeRepacking(jobs, 2).waitMs(100)).isZero();
  }

  @Test
  void kerfChoosesTheJobThatFillsTheGpu() {
    List<Job> jobs =
        List.of(new Job("small", SMALL, 100_000, 0), new Job("whole", WHOLE, 10_000, 0));
    Fleet fleet = Card.fleet(1);
    Playing kerf =
        new Playing(
            fleet, MigPolicies.makeForLine(PolicyName.KERF, fleet, ProfileMix.ALL.get(5), 1));

    // In order of arrival whole waits for small: 100 s. The other way small waits for whole: 10 s.
    assertThat(run(jobs, 1).waitMs(100)).isEqualTo(100_000);
    assertThat(JobQueue.run(jobs, 1, kerf).waitMs(100)).isEqualTo(10_000);
  }

  @Test
  void everyJobRunsUnderEveryPolicy() {
    List<Job> jobs = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      jobs.add(new Job("job" + i, Job.SIZES.get(i % 4).index(), 1_000 + 977L * i, 400L * i));
    }
    double work = 0;
    for (Job job : jobs) {
      work += job.runMs() * Card.size(job.profile());
    }
    for (PolicyName policy : MigPolicies.ALL) {
      Fleet fleet = Card.fleet(2);
      Playing playing =
          new Playing(fleet, MigPolicies.makeForLine(policy, fleet, ProfileMix.ALL.get(5), 1));
      JobQueue.Outcome outcome = JobQueue.run(jobs, 2, playing);

      // No faster than all of it on 16 slices from the first arrival on.
      long lastStart = outcome.waitMs(100) + jobs.get(199).arrivalMs();
      assertThat((lastStart + 200_000) * 16.0).as(policy.word()).isGreaterThan(work);
      assertThat(outcome.gpcUtilPercent).as(policy.word()).isBetween(50.0, 100.0);
      assertThat(stillHeld(fleet)).as(policy.word()).isZero();
    }
  }

  private static int stillHeld(Fleet fleet) {
    int held = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = Objects.requireNonNull(fleet.at(i));
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        held += Integer.bitCount(node.occupied(gpu));
      }
    }
    return held;
  }

  private static JobQueue.Outcome run(List<Job> jobs, int gpus) {
    Fleet fleet = Card.fleet(gpus);
    return JobQueue.run(
        jobs,
        gpus,
        new Playing(fleet, MigPolicies.make(PolicyName.FIRSTFIT, fleet, ProfileMix.ALL.get(5), 1)));
  }
}
