package gpu.kerf.bench.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class DecisionTimesTest {
  private final DecisionTimes times = new DecisionTimes();

  @Test
  void meanAndPercentilesAreInMicroseconds() {
    for (int i = 5_000; i > 0; i--) {
      times.add(i * 1_000L);
    }

    assertThat(times.count()).isEqualTo(5_000);
    assertThat(times.meanMicros()).isEqualTo(2_500.5);
    assertThat(times.percentileMicros(50)).isEqualTo(2_500);
    assertThat(times.percentileMicros(99)).isEqualTo(4_950);
    times.add(9_000_000);
    assertThat(times.percentileMicros(100)).isEqualTo(9_000);
  }

  @Test
  void learningIsCountedApart() {
    DecisionTimes others = new DecisionTimes();
    others.add(1_000);
    others.addLearning(3_000);
    times.addLearning(0);
    times.addAll(others);
    Map<String, Object> result = new LinkedHashMap<>();
    times.describe(result);

    assertThat(result)
        .containsEntry("decisions", 1)
        .containsEntry("decisionMicros", 1.0)
        .containsEntry("learningMicros", 1.5);
  }

  @Test
  void withoutDecisionsAllIsZero() {
    assertThat(times.meanMicros()).isZero();
    assertThat(times.percentileMicros(99)).isZero();
    assertThat(times.learningMicros()).isZero();
  }
}
