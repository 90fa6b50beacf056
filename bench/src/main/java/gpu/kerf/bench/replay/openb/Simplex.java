package gpu.kerf.bench.replay.openb;

import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Solves a linear programme whose columns are too many to list: the revised simplex method with
 * column generation (Gilmore and Gomory, 1961).
 *
 * <p>The limits are changed by a millionth at random, so that no two of them bind at once and the
 * method cannot cycle. So the prices that it finds are nearly, not exactly, optimal; callers must
 * not need exact ones.
 */
final class Simplex {

  private static final double TOLERANCE = 1e-9;
  private static final double NEGLIGIBLE = 1e-15;
  private static final double SMALLEST_PIVOT = 1e-7;
  private static final double PERTURBATION = 1e-6;

  /** What one unit of something takes of the limits, and its gain. */
  static final class Column {
    private final int[] rows;
    private final double[] takes;
    private final double gain;

    Column(int[] rows, double[] takes, double gain) {
      this.rows = rows;
      this.takes = takes;
      this.gain = gain;
    }

    /** The gain that is left when what it takes is paid for. */
    double profit(double[] prices) {
      double profit = gain;
      for (int i = 0; i < rows.length; i++) {
        profit -= takes[i] * prices[rows[i]];
      }
      return profit;
    }
  }

  /** Finds columns. */
  interface Columns {
    /** A column that makes a profit at these prices of the limits, or null if none does. */
    @Nullable Column profitable(double[] prices);
  }

  private final int rows;
  private final double[][] inverse;
  private final double[] amounts;
  private final double[] prices;
  private double work;

  /**
   * @param limits none below 0
   */
  Simplex(double[] limits) {
    this.rows = limits.length;
    this.inverse = new double[rows][rows];
    this.amounts = limits.clone();
    this.prices = new double[rows];
    Random random = new Random(1);
    for (int i = 0; i < rows; i++) {
      inverse[i][i] = 1;
      amounts[i] += PERTURBATION * (1 + random.nextDouble()) * Math.max(1, amounts[i]);
    }
  }

  /**
   * The prices of the limits at which no column makes a profit; those of the moment if that takes
   * more than so many multiplications.
   */
  double[] prices(Columns columns, double mostWork) {
    while (work < mostWork) {
      Column entering = slackWorthFreeing();
      if (entering == null) {
        entering = columns.profitable(prices.clone());
      }
      if (entering == null || !enter(entering)) {
        break;
      }
    }
    return prices.clone();
  }

  /** A limit whose price fell below zero is better left with some of it unused. */
  private @Nullable Column slackWorthFreeing() {
    int lowest = 0;
    for (int row = 1; row < rows; row++) {
      lowest = prices[row] < prices[lowest] ? row : lowest;
    }
    return prices[lowest] < -TOLERANCE ? new Column(new int[] {lowest}, new double[] {1}, 0) : null;
  }

  private boolean enter(Column column) {
    double[] direction = direction(column);
    int leaving = leaving(direction);
    if (leaving < 0) {
      return false;
    }
    double profit = column.profit(prices);
    double[] pivot = inverse[leaving];
    double scale = 1 / direction[leaving];
    for (int i = 0; i < rows; i++) {
      pivot[i] *= scale;
    }
    amounts[leaving] *= scale;
    for (int row = 0; row < rows; row++) {
      if (row != leaving && Math.abs(direction[row]) > NEGLIGIBLE) {
        subtract(inverse[row], pivot, direction[row]);
        amounts[row] = Math.max(0, amounts[row] - direction[row] * amounts[leaving]);
      }
    }
    subtract(prices, pivot, -profit);
    return true;
  }

  /** How the amounts in use shrink per unit of a column. */
  private double[] direction(Column column) {
    double[] direction = new double[rows];
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int i = 0; i < column.rows.length; i++) {
        sum += inverse[row][column.rows[i]] * column.takes[i];
      }
      direction[row] = sum;
    }
    return direction;
  }

  /** The limit that is used up first; -1 if there is none. */
  private int leaving(double[] direction) {
    int leaving = -1;
    double least = Double.MAX_VALUE;
    for (int row = 0; row < rows; row++) {
      if (direction[row] > SMALLEST_PIVOT && amounts[row] / direction[row] < least) {
        least = amounts[row] / direction[row];
        leaving = row;
      }
    }
    return leaving;
  }

  private void subtract(double[] from, double[] what, double times) {
    for (int i = 0; i < rows; i++) {
      from[i] -= times * what[i];
    }
    work += rows;
  }
}
