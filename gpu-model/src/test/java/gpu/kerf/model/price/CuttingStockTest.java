package gpu.kerf.model.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prices of pieces against a linear program that is solved by looking at every corner. */
class CuttingStockTest {

  private static final double EXACT = 1e-6;

  @Test
  void aPieceThatLeavesNothingUsefulCostsAWholeGpuAndWhatFillsItsHoleNothing() {
    // ten GPUs are needed for the 810s, and each has room for a 160
    double[] prices = CuttingStock.prices(new int[] {160, 810}, new double[] {1, 10}, 1000);

    assertThat(prices).containsExactly(new double[] {0, 1}, within(EXACT));
  }

  @Test
  void piecesThatFillAGpuEvenlyCostTheirPart() {
    assertThat(CuttingStock.prices(new int[] {250}, new double[] {3}, 1000)[0])
        .isCloseTo(0.25, within(EXACT));
    assertThat(CuttingStock.prices(new int[] {251}, new double[] {3}, 1000)[0])
        .isCloseTo(1 / 3.0, within(EXACT));
    assertThat(CuttingStock.prices(new int[] {1000}, new double[] {3}, 1000)[0])
        .isCloseTo(1, within(EXACT));
  }

  @Test
  void noPiecesHaveNoPrices() {
    assertThat(CuttingStock.prices(new int[0], new double[0], 1000)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void onSmallCasesNoFillingIsWorthMoreThanAGpuAndTheTotalIsTheOptimum(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      int capacity = 3 + random.nextInt(10);
      int[] sizes = sizes(random, 1 + random.nextInt(3), capacity);
      double[] demand = Arrays.stream(sizes).mapToDouble(s -> 0.25 + random.nextInt(20)).toArray();
      String what =
          "seed %d round %d: %s of %d, %s"
              .formatted(seed, round, Arrays.toString(sizes), capacity, Arrays.toString(demand));

      double[] prices = CuttingStock.prices(sizes, demand, capacity);

      List<int[]> fillings = fillings(sizes, capacity);
      for (int[] filling : fillings) {
        assertThat(worth(filling, prices)).as(what).isLessThanOrEqualTo(1 + EXACT);
      }
      double total = 0;
      for (int i = 0; i < sizes.length; i++) {
        total += prices[i] * demand[i];
      }
      assertThat(total).as(what).isCloseTo(optimum(fillings, demand), within(EXACT));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 40, 96})
  void withManySizesNoFillingIsWorthMoreThanAGpuEither(int number) {
    Random random = new Random(number);
    int[] sizes = sizes(random, number, 512);
    double[] demand = Arrays.stream(sizes).mapToDouble(s -> 1 + random.nextInt(50)).toArray();

    double[] prices = CuttingStock.prices(sizes, demand, 512);

    assertThat(Arrays.stream(prices).boxed()).allMatch(price -> price >= 0 && price <= 1 + EXACT);
    assertThat(mostWorth(sizes, prices, 512)).isLessThanOrEqualTo(1 + EXACT);
  }

  private static double mostWorth(int[] sizes, double[] prices, int capacity) {
    double[] most = new double[capacity + 1];
    for (int room = 1; room <= capacity; room++) {
      for (int i = 0; i < sizes.length; i++) {
        double rest = sizes[i] <= room ? most[room - sizes[i]] + prices[i] : 0;
        most[room] = Math.max(most[room], rest);
      }
    }
    return most[capacity];
  }

  private static int[] sizes(Random random, int number, int capacity) {
    return random.ints(1, capacity + 1).distinct().limit(number).sorted().toArray();
  }

  /** Every way to fill a GPU, the not quite full ones too. */
  private static List<int[]> fillings(int[] sizes, int capacity) {
    List<int[]> found = new ArrayList<>();
    fill(sizes, 0, capacity, new int[sizes.length], found);
    return found;
  }

  private static void fill(int[] sizes, int from, int room, int[] counts, List<int[]> found) {
    if (from == sizes.length) {
      found.add(counts.clone());
      return;
    }
    for (int n = 0; n * sizes[from] <= room; n++) {
      counts[from] = n;
      fill(sizes, from + 1, room - n * sizes[from], counts, found);
    }
    counts[from] = 0;
  }

  private static double worth(int[] filling, double[] prices) {
    double worth = 0;
    for (int i = 0; i < filling.length; i++) {
      worth += filling[i] * prices[i];
    }
    return worth;
  }

  /**
   * The most that all pieces can be worth together while no filling is worth more than one and no
   * price is negative: at a corner, where as many of these limits are reached as there are sizes.
   */
  private static double optimum(List<int[]> fillings, double[] demand) {
    int n = demand.length;
    List<double[]> limits = new ArrayList<>();
    for (int[] filling : fillings) {
      double[] row = new double[n + 1];
      for (int i = 0; i < n; i++) {
        row[i] = filling[i];
      }
      row[n] = 1;
      limits.add(row);
    }
    for (int i = 0; i < n; i++) {
      double[] row = new double[n + 1];
      row[i] = 1;
      limits.add(row);
    }
    return bestCorner(limits, 0, new ArrayList<>(), fillings, demand);
  }

  private static double bestCorner(
      List<double[]> limits,
      int from,
      List<double[]> reached,
      List<int[]> fillings,
      double[] demand) {
    if (reached.size() == demand.length) {
      double[] corner = solve(reached);
      return isAllowed(corner, fillings) ? value(corner, demand) : 0;
    }
    double best = 0;
    for (int i = from; i < limits.size(); i++) {
      reached.add(limits.get(i));
      best = Math.max(best, bestCorner(limits, i + 1, reached, fillings, demand));
      reached.remove(reached.size() - 1);
    }
    return best;
  }

  private static boolean isAllowed(double[] corner, List<int[]> fillings) {
    for (double price : corner) {
      if (!(price >= -1e-9)) {
        return false;
      }
    }
    return corner.length > 0 && fillings.stream().allMatch(f -> worth(f, corner) <= 1 + 1e-9);
  }

  private static double value(double[] corner, double[] demand) {
    double value = 0;
    for (int i = 0; i < demand.length; i++) {
      value += corner[i] * demand[i];
    }
    return value;
  }

  /** Gauss-Jordan; empty if the rows do not determine a point. */
  private static double[] solve(List<double[]> rows) {
    int n = rows.size();
    double[][] a = rows.stream().map(double[]::clone).toArray(double[][]::new);
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column; row < n; row++) {
        pivot = Math.abs(a[row][column]) > Math.abs(a[pivot][column]) ? row : pivot;
      }
      if (Math.abs(a[pivot][column]) < 1e-12) {
        return new double[0];
      }
      double[] swapped = a[column];
      a[column] = a[pivot];
      a[pivot] = swapped;
      eliminate(a, column);
    }
    double[] solution = new double[n];
    for (int i = 0; i < n; i++) {
      solution[i] = a[i][n] / a[i][i];
    }
    return solution;
  }

  private static void eliminate(double[][] a, int column) {
    for (int row = 0; row < a.length; row++) {
      double by = row == column ? 0 : a[row][column] / a[column][column];
      for (int i = 0; i <= a.length; i++) {
        a[row][i] -= by * a[column][i];
      }
    }
  }
}
