package gpu.kerf.model.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.idle.IdleClock.Step;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When idle work is warned and evicted. */
class IdleClockTest {
  private static final long MINUTE = 60_000;
  private static final IdleRule RULE = new IdleRule(Duration.ofMinutes(30), Duration.ofMinutes(10));

  private final IdleClock clock = new IdleClock();

  private Step look(int minute, boolean unused) {
    return clock.look(RULE, 0, unused, minute * MINUTE);
  }

  private void warnedAt(int minute) {
    assertThat(look(minute, true)).isEqualTo(Step.WARN);
  }

  @Test
  void idleWorkIsWarnedAfterSoLongAndEvictedAfterTheWarning() {
    assertThat(look(29, true)).as("it has held its GPUs for 29 minutes").isEqualTo(Step.NOTHING);
    warnedAt(30);
    assertThat(look(35, true)).isEqualTo(Step.NOTHING);
    assertThat(look(39, true)).isEqualTo(Step.NOTHING);
    assertThat(look(40, true)).isEqualTo(Step.EVICT);
    assertThat(look(41, true)).as("until it is gone").isEqualTo(Step.EVICT);
  }

  @Test
  void workThatComputesAgainIsToldSoAndBeginsAnew() {
    warnedAt(30);
    assertThat(look(35, false)).isEqualTo(Step.WITHDRAW);
    assertThat(look(36, false)).isEqualTo(Step.NOTHING);
    warnedAt(70);
    assertThat(look(75, true)).isEqualTo(Step.NOTHING);
    assertThat(look(80, true)).isEqualTo(Step.EVICT);
  }

  @Test
  void figuresThatAreMissingForAWhileLeaveTheWarning() {
    warnedAt(30);
    assertThat(clock.missing(45 * MINUTE)).isEqualTo(Step.NOTHING);
    assertThat(clock.missing(60 * MINUTE)).isEqualTo(Step.NOTHING);
    assertThat(look(60, true)).as("the figures reach back to the warning").isEqualTo(Step.EVICT);
  }

  @Test
  void figuresThatDoNotReachBackToTheLastOnesProveNothing() {
    warnedAt(30);
    assertThat(look(61, true)).isEqualTo(Step.WITHDRAW);
    warnedAt(62);
    assertThat(clock.missing(92 * MINUTE + 1)).isEqualTo(Step.WITHDRAW);
    assertThat(clock.isWarned()).isFalse();
  }

  @Test
  void anotherRuleBeginsAnew() {
    warnedAt(30);
    IdleRule shorter = new IdleRule(Duration.ofMinutes(5), Duration.ofMinutes(1));
    assertThat(clock.look(shorter, 0, true, 33 * MINUTE)).isEqualTo(Step.WITHDRAW);
    assertThat(clock.look(shorter, 0, true, 34 * MINUTE)).isEqualTo(Step.WARN);
    assertThat(clock.look(shorter, 0, true, 35 * MINUTE)).isEqualTo(Step.EVICT);
    assertThat(clock.stop()).isEqualTo(Step.WITHDRAW);
    assertThat(clock.stop()).isEqualTo(Step.NOTHING);
  }

  @Test
  void aRuleRefusesWhatIsTooShortOrTooLong() {
    assertThatThrownBy(() -> new IdleRule(Duration.ofSeconds(59), Duration.ofMinutes(1)))
        .hasMessageContaining("is shorter than a minute");
    assertThatThrownBy(() -> new IdleRule(Duration.ofMinutes(1), Duration.ofSeconds(9)))
        .hasMessageContaining("is shorter than ten seconds");
    assertThatThrownBy(() -> new IdleRule(Duration.ofDays(31), Duration.ofMinutes(1)))
        .hasMessageContaining("is longer than 30 days");
  }

  /** What work really did, minute by minute, and what figures said of it. */
  private static final class Truth {
    final boolean[] computes;
    final boolean[] figures;
    final Random random;

    Truth(long seed, int minutes) {
      random = new Random(seed);
      computes = new boolean[minutes];
      figures = new boolean[minutes];
      boolean busy = false;
      boolean away = false;
      for (int i = 0; i < minutes; i++) {
        busy ^= random.nextInt(busy ? 10 : 60) == 0;
        away ^= random.nextInt(away ? 15 : 40) == 0;
        computes[i] = busy;
        figures[i] = !away;
      }
    }

    boolean unused(int minute, int since) {
      for (int i = Math.max(0, minute - since); i < minute; i++) {
        if (computes[i]) {
          return false;
        }
      }
      return true;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noWorkIsEvictedThatComputedSinceLongBeforeItsWarning(long seed) {
    int minutes = 60_000;
    Truth truth = new Truth(seed, minutes);
    int held = 0;
    int warned = -1;
    int evictions = 0;
    IdleClock each = new IdleClock();
    for (int now = 1; now < minutes; now++) {
      Step step =
          truth.figures[now]
              ? each.look(RULE, held * MINUTE, truth.unused(now, 30), now * MINUTE)
              : each.missing(now * MINUTE);
      switch (step) {
        case NOTHING -> {}
        case WARN -> {
          assertThat(truth.unused(now, 30)).as("warned at %d, seed %d", now, seed).isTrue();
          assertThat(now - held).isGreaterThanOrEqualTo(30);
          assertThat(warned).isNegative();
          warned = now;
        }
        case WITHDRAW -> {
          assertThat(warned).isPositive();
          warned = -1;
        }
        case EVICT -> {
          assertThat(warned).isPositive();
          assertThat(now - warned).isGreaterThanOrEqualTo(10);
          assertThat(truth.unused(now, now - warned + 30))
              .as("evicted at %d, warned at %d, seed %d", now, warned, seed)
              .isTrue();
          evictions++;
          held = now;
          warned = -1;
          each = new IdleClock();
        }
      }
    }
    assertThat(evictions).as("of seed %d", seed).isGreaterThan(100);
  }
}
