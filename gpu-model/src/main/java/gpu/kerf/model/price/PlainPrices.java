package gpu.kerf.model.price;

/**
 * What the free part of a plain GPU of one model is worth, and the CPU that pods that fill it will
 * ask for.
 */
public final class PlainPrices {

  private final ShareWorth steps;
  private final long[] worth;
  private final long[] needMilli;
  private final long wholeWorth;
  private final long wholeNeedMilli;

  /** What the free part is worth without scarcity; only the supply is counted in it. */
  private final long[] bare;

  private final long gpuWorth;

  /** What a MiB is worth where parts are worth as much as their size; 0 where the tables say. */
  private final long perMiB;

  private final double needPerMiB;

  /**
   * @param gpuWorth what a GPU of the model is worth
   * @param cpu what CPU comes with what worth
   * @param untouched the scarcity of untouched GPUs of the model, as a part of their worth
   * @param used the scarcity of GPUs that are partly used
   */
  PlainPrices(ShareWorth steps, long gpuWorth, CpuBalance cpu, double untouched, double used) {
    this.steps = steps;
    this.worth = new long[steps.steps() + 1];
    this.bare = new long[steps.steps() + 1];
    this.needMilli = new long[steps.steps() + 1];
    for (int step = 0; step < worth.length; step++) {
      bare[step] = Math.round(steps.worth(step) * gpuWorth);
      worth[step] = bare[step] + Math.round(used * bare[step]);
      needMilli[step] = cpu.needOfFilling(steps.fillCpuMilli(step), bare[step]);
    }
    this.gpuWorth = gpuWorth;
    this.perMiB = steps.isProportional() ? Prices.MIB + Math.round(used * Prices.MIB) : 0;
    this.needPerMiB = (double) cpu.need(gpuWorth) * Prices.MIB / gpuWorth;
    this.wholeWorth = gpuWorth + Math.round(untouched * gpuWorth);
    this.wholeNeedMilli = cpu.need(gpuWorth);
  }

  /** What so much free memory on a GPU that others use too is worth. */
  public long worth(int freeMiB) {
    return perMiB != 0 ? freeMiB * perMiB : worth[steps.step(freeMiB)];
  }

  /** The CPU that pods that fill it will ask for, in thousandths. */
  public long needMilli(int freeMiB) {
    return perMiB != 0 ? (long) (freeMiB * needPerMiB) : needMilli[steps.step(freeMiB)];
  }

  public long wholeWorth() {
    return wholeWorth;
  }

  public long wholeNeedMilli() {
    return wholeNeedMilli;
  }

  /** What so much free memory is worth, scarcity left out. */
  public long bareWorth(int freeMiB) {
    return perMiB != 0 ? freeMiB * Prices.MIB : bare[steps.step(freeMiB)];
  }

  /** What an untouched GPU is worth, scarcity left out. */
  public long bareWhole() {
    return gpuWorth;
  }
}
