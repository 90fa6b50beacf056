package gpu.kerf.model.price;

/**
 * The best filling of every amount of room at given prices per piece: what it is worth, and the CPU
 * it asks for.
 */
final class Fillings {

  /** Gains smaller than this are rounding, not gains. */
  private static final double NOTHING = 1e-9;

  final double[] worth;
  final double[] cpuMilli;

  /**
   * @param sizes of the pieces, each at least 1
   * @param prices of one piece of each size
   * @param cpuPerPiece the CPU that comes with one piece of each size, in thousandths
   */
  Fillings(int[] sizes, double[] prices, double[] cpuPerPiece, int capacity) {
    this.worth = new double[capacity + 1];
    this.cpuMilli = new double[capacity + 1];
    for (int room = 1; room <= capacity; room++) {
      worth[room] = worth[room - 1];
      cpuMilli[room] = cpuMilli[room - 1];
      for (int i = 0; i < sizes.length; i++) {
        take(room, sizes[i], prices[i], cpuPerPiece[i]);
      }
    }
  }

  private void take(int room, int size, double price, double cpu) {
    if (size <= room && price > NOTHING && worth[room - size] + price > worth[room] + NOTHING) {
      worth[room] = worth[room - size] + price;
      cpuMilli[room] = cpuMilli[room - size] + cpu;
    }
  }
}
