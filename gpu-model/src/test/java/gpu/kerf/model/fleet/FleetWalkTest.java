package gpu.kerf.model.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random walks of a ledger, {@code kerf.steps} steps in all. A failure names the walk's seed and
 * the step, which is all it takes to see it again.
 */
class FleetWalkTest {

  private static final int STEPS = Integer.getInteger("kerf.steps", 100_000);
  private static final int STEPS_OF_A_WALK = 10_000;
  private static final int STEPS_BETWEEN_FULL_CHECKS = 1_000;
  private static final long SEED = 20_260_412;

  @Test
  void slotsNeverOverlapAndTheLedgerIsTheSumOfItsPlacements() {
    Map<String, Integer> seen = new TreeMap<>();
    for (int walk = 0; walk < Math.max(1, STEPS / STEPS_OF_A_WALK); walk++) {
      walk(SEED + walk, seen);
    }

    assertThat(seen)
        .as("the walks came by everything")
        .containsKeys(
            "adopt NO_SUCH_NODE",
            "adopt NO_SUCH_SLOT",
            "adopt SLOT_HELD",
            "adopt well",
            "confirm BINDING",
            "confirm BOUND",
            "confirm PROPOSED",
            "expire false",
            "expire true",
            "gang NOT_FREE",
            "gang TAKEN",
            "proposed false",
            "proposed true",
            "rebuild",
            "release BINDING",
            "release BOUND",
            "release PROPOSED",
            "take HELD_ALREADY",
            "take HELD_ELSEWHERE",
            "take NOT_FREE",
            "take NO_SUCH_NODE",
            "take TAKEN",
            "resize true",
            "resize false",
            "what if true");
  }

  private static void walk(long seed, Map<String, Integer> seen) {
    FleetWalk walk = new FleetWalk(seed);
    for (int step = 0; step < STEPS_OF_A_WALK; step++) {
      try {
        walk.step();
        if (step % STEPS_BETWEEN_FULL_CHECKS == 0) {
          walk.checkAll();
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("The walk with seed " + seed + " failed at step " + step + ".", e);
      }
    }
    walk.seen.forEach((what, times) -> seen.merge(what, times, Integer::sum));
  }
}
