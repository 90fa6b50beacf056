package gpu.kerf.model.price;

/**
 * The free capacity of a fleet, counted node by node. Arrays are indexed by the number of the
 * model.
 */
public final class Supply {

  /** Sets of more GPUs than this are not told apart. */
  public static final int LARGEST_SET = 16;

  private final long[] worth;
  private final long[][] sets;
  private final int[] dynamicGpus;

  public Supply(int models) {
    this.worth = new long[models];
    this.sets = new long[models][LARGEST_SET + 1];
    this.dynamicGpus = new int[models];
  }

  /** Counts what the free part of one GPU is worth, in the unit of {@link Prices#MIB}. */
  public void addWorth(int model, long amount) {
    worth[model] += amount;
  }

  /** Counts one node's untouched GPUs of one model. */
  public void addUntouched(int model, int untouched) {
    for (int k = 2; k <= Math.min(untouched, LARGEST_SET); k++) {
      sets[model][k] += (long) untouched / k * k;
    }
  }

  /** Counts GPUs of a model in mode mig-dynamic, whether or not anything is free on them. */
  public void addDynamicGpus(int model, int number) {
    dynamicGpus[model] += number;
  }

  int dynamicGpus(int model) {
    return dynamicGpus[model];
  }

  /** What the free parts of all GPUs of a model are worth. */
  long worth(int model) {
    return worth[model];
  }

  /** How many GPUs of a model stand in sets of k untouched ones of one node. */
  long inSetsOf(int k, int model) {
    return sets[model][k];
  }

  long total() {
    long sum = 0;
    for (long part : worth) {
      sum += part;
    }
    return sum;
  }
}
