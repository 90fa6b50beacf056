package gpu.kerf.bench.replay.openb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class CurveTest {
  private final Curve curve = new Curve(10);

  @Test
  void theValueAtAPercentIsTheMeanOfItsArrivalsEachRounded() {
    curve.add(2, 1.004); // 1.00
    curve.add(2, 1.016); // 1.02
    curve.add(2, 1.016); // 1.02

    // (1.00 + 1.02 + 1.02) / 3 = 1.01333
    assertThat(curve.at(2)).isEqualTo(1.01);
  }

  @Test
  void aPercentWithoutArrivalsHasWhatWasLast() {
    curve.add(1, 1);
    curve.add(1, 3);
    curve.add(4, 7);

    assertThat(curve.values())
        .containsExactly(
            Map.entry("1", 2.0), Map.entry("2", 3.0), Map.entry("3", 3.0), Map.entry("4", 7.0));
    assertThat(curve.reached()).isEqualTo(4);
  }

  @Test
  void beforeTheFirstArrivalNothingIsThere() {
    curve.add(3, 3);

    assertThat(curve.at(1)).isZero();
    assertThat(curve.at(2)).isZero();
    assertThat(curve.at(3)).isEqualTo(3);
  }

  @Test
  void withoutArrivalsThereAreNoValues() {
    assertThat(curve.values()).isEmpty();
  }
}
