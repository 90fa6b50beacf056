package gpu.kerf.extender.usage;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of two times counts: what Kerf wrote with the Binding, or what the API server says. */
class HeldSinceTest {

  private static final long BOUND = Instant.parse("2026-11-03T10:00:00Z").toEpochMilli();

  private static PodView pod(long bound, String written) {
    PodView.Builder pod = PodView.of(new PodView.Ref("ns", "p", "p")).boundMillis(bound);
    return (written.isEmpty() ? pod : pod.annotation(Annotations.HELD_SINCE, written)).build();
  }

  @ParameterizedTest
  @CsvSource({"700", "-1", "-70000", "-600000", "59999"})
  void whatKerfWroteCountsIfItIsNearTheBinding(long after) {
    assertThat(HeldSince.of(pod(BOUND, "" + (BOUND + after)))).isEqualTo(BOUND + after);
  }

  @ParameterizedTest
  @ValueSource(longs = {-600_001, 60_001, -86_400_000_000L, 86_400_000_000L})
  void whatIsOfAnotherTimeDoesNot(long after) {
    assertThat(HeldSince.of(pod(BOUND, "" + (BOUND + after)))).isEqualTo(BOUND);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "now", "-5", "99999999999999999999", "1762164000000.5"})
  void whatIsNoTimeDoesNotEither(String written) {
    assertThat(HeldSince.of(pod(BOUND, written))).isEqualTo(BOUND);
  }

  @Test
  void aPodThatIsNotBoundHoldsNothing() {
    assertThat(HeldSince.of(pod(0, "" + BOUND))).isZero();
  }
}
