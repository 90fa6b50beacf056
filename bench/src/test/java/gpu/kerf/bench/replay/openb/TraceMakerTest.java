package gpu.kerf.bench.replay.openb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.bench.replay.PolicyName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TraceMakerTest {
  @TempDir private Path folder = Path.of("");

  static Iterable<Shape> shapes() {
    return Shape.ALL;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void everyShapeHasThePodsItPromises(Shape shape) throws IOException {
    OpenbTrace trace = Traces.synthetic(folder, shape, 400, 1);

    // About two thousand pods: three standard deviations of a share are below 3.4 points.
    assertThat(percent(trace, pod -> pod.gpus() == 0)).isCloseTo(shape.cpuOnly(), within(3.4));
    assertThat(percent(trace, pod -> pod.milli() > 0 && pod.milli() < Ask.WHOLE))
        .isCloseTo(shape.shares(), within(3.4));
    assertThat(percent(trace, pod -> pod.gpus() > 1)).isCloseTo(shape.several(), within(3.4));
    assertThat(percent(trace, pod -> !pod.models().isEmpty()))
        .isCloseTo(shape.typed() * (100 - shape.cpuOnly()) / 100.0, within(3.4));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void everyShapeAsksForMoreThanThereIs(Shape shape) throws IOException {
    OpenbTrace trace = Traces.synthetic(folder, shape, 40, 1);
    OpenbReplay.Result result = new OpenbReplay(trace, 130).play(PolicyName.FIRSTFIT, 0);

    assertThat(result.allocated().reached()).isEqualTo(130);
    assertThat(result.placed()).isLessThan(result.arrivals());
    assertThat(result.allocated().at(130)).isBetween(80.0, 100.0);
  }

  @Test
  void theSameSeedMakesTheSameTrace() {
    Shape shape = Shape.ALL.get(0);
    MadeTrace one = new TraceMaker(shape, 20, 7).make();
    MadeTrace again = new TraceMaker(shape, 20, 7).make();
    MadeTrace other = new TraceMaker(shape, 20, 8).make();

    assertThat(one.nodeLines()).isEqualTo(again.nodeLines()).isNotEqualTo(other.nodeLines());
    assertThat(one.podLines()).isEqualTo(again.podLines()).isNotEqualTo(other.podLines());
    assertThat(one.orderLines()).isEqualTo(again.orderLines()).isNotEqualTo(other.orderLines());
  }

  @Test
  void everyPodArrivesBeforeAnyArrivesAgain() throws IOException {
    OpenbTrace trace = Traces.synthetic(folder, Shape.ALL.get(0), 20, 7);

    assertThat(trace.arrivals().subList(0, trace.pods().size()))
        .containsExactlyInAnyOrderElementsOf(trace.pods())
        .isNotEqualTo(trace.pods());
  }

  private static double percent(OpenbTrace trace, Predicate<Ask> kind) {
    return 100.0 * trace.pods().stream().filter(kind).count() / trace.pods().size();
  }
}
