package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.endtoend.SoakPlan.Fault;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Real processes under faults: {@code -Dkerf.soak=20m} is the long run, and {@code
 * -Dkerf.soak.seed=N} draws the same faults again. {@code -Dkerf.soak.faults=kerf_killed,gpu_lost}
 * draws from these alone.
 */
@ClusterTest
final class SoakTest {
  private static final Duration LENGTH = length(System.getProperty("kerf.soak", "3m"));
  private static final long SEED = Long.getLong("kerf.soak.seed", System.nanoTime() % 1_000_000);

  private static final Set<Fault> FAULTS = faults(System.getProperty("kerf.soak.faults", ""));

  @Test
  void noSlotIsHeldTwiceAndEverythingIsRightAgainWhenTheFaultsAreOver() {
    List<SoakPlan.Planned> plan = SoakPlan.of(SEED, LENGTH, FAULTS);
    try (Soak soak = Soak.start(SEED)) {
      try {
        soak.live(plan);
        soak.settle();
      } catch (RuntimeException | AssertionError failed) {
        throw new AssertionError(
            "%s%nDraw the same faults again with -Dkerf.soak.seed=%d -Dkerf.soak=%s. What happened:%n%s"
                .formatted(failed, SEED, text(LENGTH), soak.story()),
            failed);
      }
      System.out.printf(
          Locale.ROOT,
          "Soak of %s with seed %d: %d faults, %d pods, %d bound at most, %d samples.%n",
          text(LENGTH),
          SEED,
          plan.size(),
          soak.podsMade(),
          soak.mostBound(),
          soak.samples());
      assertThat(plan).isNotEmpty();
      assertThat(soak.mostBound()).as("pods that were bound at once").isGreaterThan(10);
      assertThat(soak.samples()).isGreaterThan((int) LENGTH.toSeconds() / 10);
    }
  }

  @Test
  void planIsDrawnFromTheSeedAlone() {
    Set<Fault> all = EnumSet.allOf(Fault.class);
    List<SoakPlan.Planned> plan = SoakPlan.of(1, Duration.ofMinutes(20), all);
    assertThat(plan).isEqualTo(SoakPlan.of(1, Duration.ofMinutes(20), all));
    assertThat(plan).isNotEqualTo(SoakPlan.of(2, Duration.ofMinutes(20), all));
    assertThat(plan).extracting(SoakPlan.Planned::fault).containsAll(all);
    assertThat(plan)
        .allMatch(
            fault -> fault.atMillis() + fault.forMillis() <= Duration.ofMinutes(20).toMillis());
  }

  /** Those that are named, or all. */
  private static Set<Fault> faults(String names) {
    if (names.isEmpty()) {
      return EnumSet.allOf(Fault.class);
    }
    return Arrays.stream(names.split(",", -1))
        .map(name -> Fault.valueOf(name.strip().toUpperCase(Locale.ROOT)))
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
  }

  /** Such as {@code 20m} or {@code 90s}. */
  private static Duration length(String text) {
    return Duration.parse("PT" + text);
  }

  private static String text(Duration length) {
    return length.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
