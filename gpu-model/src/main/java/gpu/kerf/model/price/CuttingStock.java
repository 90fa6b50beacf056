package gpu.kerf.model.price;

import java.util.Arrays;

/**
 * What a piece of a GPU is worth, in GPUs, when pieces of certain sizes are asked for in certain
 * amounts.
 *
 * <p>The question "how few GPUs hold all pieces" is the cutting-stock problem. Its linear
 * relaxation has a dual: a price per size such that no filled GPU is worth more than one. Where 810
 * of 1000 is asked for often, such a piece costs a whole GPU, because hardly any demand can use
 * what it leaves; a piece of 160 then costs nothing, because there are many free pieces of 190.
 *
 * <p>Solved by column generation (Gilmore and Gomory, 1961): the basis starts with GPUs full of one
 * size; a knapsack over the current prices finds the filling that is worth most; if it is worth
 * more than one GPU it enters the basis by a ratio test, and the prices follow. All arithmetic is
 * in double, which is the same on every JVM since 17.
 */
final class CuttingStock {

  private static final int MOST_ROUNDS = 2_000;
  private static final double TOLERANCE = 1e-7;

  private final int[] sizes;
  private final int capacity;
  private final double[][] inverse;
  private final double[] amount;
  private final double[] prices;
  private final double[] best;
  private final int[] taken;

  private CuttingStock(int[] sizes, double[] demand, int capacity) {
    this.sizes = sizes;
    this.capacity = capacity;
    int n = sizes.length;
    this.inverse = new double[n][n];
    this.amount = new double[n];
    this.prices = new double[n];
    this.best = new double[capacity + 1];
    this.taken = new int[capacity + 1];
    for (int i = 0; i < n; i++) {
      int copies = capacity / sizes[i];
      inverse[i][i] = 1.0 / copies;
      amount[i] = demand[i] / copies;
    }
  }

  /**
   * The price of one piece of each size, in GPUs.
   *
   * @param sizes distinct, each between 1 and the capacity
   * @param demand how often each is asked for, relative to the others
   */
  static double[] prices(int[] sizes, double[] demand, int capacity) {
    CuttingStock problem = new CuttingStock(sizes, demand, capacity);
    for (int round = 0; round < MOST_ROUNDS && problem.improve(); round++) {
      // each round takes one filling into the basis
    }
    problem.scaleDown();
    return problem.prices;
  }

  /**
   * Where the rounds were too few some filling is still worth more than a GPU. Divided by what it
   * is worth, prices obey the limit again, and bound the optimum (Farley, 1990).
   */
  private void scaleDown() {
    readPrices();
    fillKnapsack();
    double most = best[capacity];
    for (int i = 0; i < prices.length && most > 1 + TOLERANCE; i++) {
      prices[i] /= most;
    }
  }

  private boolean improve() {
    readPrices();
    fillKnapsack();
    if (best[capacity] <= 1 + TOLERANCE) {
      return false;
    }
    double[] column = column(filling());
    int row = leavingRow(column);
    if (row >= 0) {
      pivot(row, column);
    }
    return row >= 0;
  }

  private void readPrices() {
    for (int j = 0; j < prices.length; j++) {
      double sum = 0;
      for (double[] row : inverse) {
        sum += row[j];
      }
      prices[j] = Math.max(0, sum);
    }
  }

  private void fillKnapsack() {
    for (int room = 1; room <= capacity; room++) {
      best[room] = best[room - 1];
      taken[room] = -1;
      for (int i = 0; i < sizes.length; i++) {
        if (sizes[i] <= room && best[room - sizes[i]] + prices[i] > best[room] + 1e-12) {
          best[room] = best[room - sizes[i]] + prices[i];
          taken[room] = i;
        }
      }
    }
  }

  private int[] filling() {
    int[] count = new int[sizes.length];
    int room = capacity;
    while (room > 0) {
      if (taken[room] < 0) {
        room--;
      } else {
        count[taken[room]]++;
        room -= sizes[taken[room]];
      }
    }
    return count;
  }

  private double[] column(int[] filling) {
    double[] column = new double[sizes.length];
    for (int i = 0; i < column.length; i++) {
      for (int j = 0; j < column.length; j++) {
        column[i] += inverse[i][j] * filling[j];
      }
    }
    return column;
  }

  private int leavingRow(double[] column) {
    int row = -1;
    double least = 0;
    for (int i = 0; i < column.length; i++) {
      if (column[i] > 1e-9 && (row < 0 || amount[i] / column[i] < least - 1e-12)) {
        row = i;
        least = amount[i] / column[i];
      }
    }
    return row;
  }

  private void pivot(int row, double[] column) {
    double by = column[row];
    for (int j = 0; j < sizes.length; j++) {
      inverse[row][j] /= by;
    }
    amount[row] /= by;
    for (int i = 0; i < sizes.length; i++) {
      if (i != row && column[i] != 0) {
        for (int j = 0; j < sizes.length; j++) {
          inverse[i][j] -= column[i] * inverse[row][j];
        }
        amount[i] -= column[i] * amount[row];
      }
    }
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes) + " -> " + Arrays.toString(prices);
  }
}
