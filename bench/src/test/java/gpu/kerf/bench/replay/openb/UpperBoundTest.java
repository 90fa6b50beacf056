package gpu.kerf.bench.replay.openb;

import static gpu.kerf.bench.replay.openb.Traces.MUCH;
import static gpu.kerf.bench.replay.openb.Traces.cpuOnly;
import static gpu.kerf.bench.replay.openb.Traces.node;
import static gpu.kerf.bench.replay.openb.Traces.on;
import static gpu.kerf.bench.replay.openb.Traces.share;
import static gpu.kerf.bench.replay.openb.Traces.trace;
import static gpu.kerf.bench.replay.openb.Traces.whole;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.bench.replay.PolicyName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class UpperBoundTest {
  private static final Offset<Double> CLOSE = within(0.011);

  @TempDir private Path folder = Path.of("");

  static Iterable<Shape> shapes() {
    return Shape.ALL;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void noPolicyPassesIt(Shape shape) throws IOException {
    OpenbTrace trace = Traces.synthetic(folder, shape, 60, 3);
    Map<Integer, Double> bound = new UpperBound(trace, 130).percents();

    for (PolicyName policy : OpenbReplay.POLICIES) {
      Curve allocated = new OpenbReplay(trace, 130).play(policy, 1).allocated();
      assertThat(bound).hasSize(allocated.values().size()).hasSizeGreaterThan(120);
      bound.forEach(
          (percent, limit) ->
              assertThat(allocated.at(percent))
                  .as("%s at %d %%", policy, percent)
                  .isLessThanOrEqualTo(limit));
    }
    // It says something: of more than there is, not all can be had.
    assertThat(bound.get(125)).isLessThan(100.011);
  }

  @Test
  void whatTwoDoNotShareIsOutOfReach() {
    // 600 and 600 do not go on one GPU, in any order: 60 % of it at 120 % of arrivals.
    assertThat(bound(trace(List.of(node("a", 1)), List.of(share(600)), 0, 0), 120))
        .isCloseTo(60, CLOSE);
  }

  @Test
  void pairsThatFillAGpuAreWithinReach() {
    OpenbTrace trace = trace(List.of(node("a", 2)), List.of(share(600), share(400)), 0, 0, 1, 1);

    assertThat(bound(trace, 100)).isCloseTo(100, CLOSE);
  }

  @Test
  void itMayRefuseWhatStandsInTheWay() {
    // Two GPUs; two pods of 650, then one of two whole GPUs. Refusing the first two is better.
    OpenbTrace trace =
        trace(List.of(node("a", 2)), List.of(share(350), share(650), whole(2)), 1, 1, 2);

    assertThat(bound(trace, 165)).isCloseTo(100, CLOSE);
  }

  @Test
  void cpuLimits() {
    // Each pod takes 1 CPU of 1.5: one GPU and a half of three, parts of pods counting.
    OpenbTrace trace = trace(List.of(node("a", 3, "T4", 1_500)), List.of(whole(1)), 0, 0, 0);

    assertThat(bound(trace, 100)).isCloseTo(50, CLOSE);
  }

  @Test
  void cardModelsLimit() {
    OpenbTrace trace =
        trace(
            List.of(node("a", 1, "A10", MUCH), node("b", 3, "T4", MUCH)),
            List.of(on("A10", whole(1)), cpuOnly(1)),
            0,
            1,
            0,
            0);

    assertThat(bound(trace, 75)).isCloseTo(25, CLOSE);
  }

  @Test
  void itIsAboutTheMeanOfTheArrivalsOfAPercent() {
    // 1000 GPUs: five pods of one GPU each are 0.1 to 0.5 %, which round to 0. The nine after them
    // are
    // 0.6 to 1.4 %, of which the mean is 1 %.
    int[] order = new int[14];
    OpenbTrace trace =
        trace(
            IntStream.range(0, 20).mapToObj(i -> node("n" + i, 50)).toList(),
            List.of(whole(1)),
            order);

    assertThat(bound(trace, 1)).isCloseTo(1.0, CLOSE);
  }

  @Test
  void aPodThatIsNotListedIsADefect() {
    OpenbTrace trace =
        new OpenbTrace(List.of(node("a", 1)), List.of(share(600)), List.of(share(500)));

    assertThatThrownBy(() -> new UpperBound(trace, 100).percents())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not listed");
  }

  @Test
  void theSimplexFindsThePricesOfATextbook() {
    // 3 x + 2 y at most, under x + y <= 4, x + 3 y <= 9, x <= 3: x = 3, y = 1, so the second limit
    // is slack; the first is worth 2 (from y), and the third 3 - 2 = 1.
    List<Simplex.Column> columns =
        List.of(
            new Simplex.Column(new int[] {0, 1, 2}, new double[] {1, 1, 1}, 3),
            new Simplex.Column(new int[] {0, 1}, new double[] {1, 3}, 2));
    double[] prices =
        new Simplex(new double[] {4, 9, 3}).prices(now -> firstProfitable(columns, now), 1e6);

    assertThat(prices).containsExactly(new double[] {2, 0, 1}, within(1e-9));
  }

  @Test
  void theSimplexStopsWhenItMay() {
    List<Simplex.Column> columns = List.of(new Simplex.Column(new int[] {0}, new double[] {1}, 3));

    assertThat(new Simplex(new double[] {4}).prices(now -> firstProfitable(columns, now), 0))
        .containsExactly(0);
  }

  @Test
  void theKnapsackFillsByValue() {
    // 10 in units of 10: 4 + 4 for 5 each leaves 2; 3 + 3 + 4 is 4 + 4 + 5 = 13.
    Knapsack knapsack = new Knapsack(new int[] {300, 400, 900}, 1_000);

    assertThat(knapsack.fill(new double[] {4, 5, 12})).isEqualTo(13);
    assertThat(knapsack.counts()).containsExactly(2, 1, 0);
    assertThat(knapsack.fill(new double[] {4, 5, 14})).isEqualTo(14);
    assertThat(knapsack.counts()).containsExactly(0, 0, 1);
    assertThat(knapsack.fill(new double[] {0, 0, 0})).isZero();
    assertThat(knapsack.counts()).containsExactly(0, 0, 0);
  }

  private static Simplex.@Nullable Column firstProfitable(
      List<Simplex.Column> columns, double[] prices) {
    for (Simplex.Column column : columns) {
      if (column.profit(prices) > 1e-9) {
        return column;
      }
    }
    return null;
  }

  private static double bound(OpenbTrace trace, int percent) {
    return new UpperBound(trace, percent).percents().getOrDefault(percent, -1.0);
  }
}
