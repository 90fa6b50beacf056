package gpu.kerf.model.price;

/**
 * The worth of a node's GPUs that no pod can use because the node lacks CPU.
 *
 * <p>Pods that fill the free parts of a node's GPUs will ask for so much CPU: half-way between the
 * best filling's own CPU and the usual CPU per worth. Of the worth that lacks CPU a quarter is
 * counted as lost at the usual demand's rate, and three quarters where even demands that ask for
 * little CPU cannot use it. Both costs are piecewise linear with one kink: a smooth curve would
 * spread the load over nodes, a kink lets it concentrate.
 */
final class CpuBalance {

  static final CpuBalance NONE = new CpuBalance(0);

  /** A packer may choose whom it puts where, so it reckons with a little less than the mean. */
  private static final double CHOICE = 0.9;

  /** What demands that ask for little CPU ask for, as a part of the usual. */
  private static final double LIGHT = 0.4;

  private static final int LIGHT_WEIGHT = 3;
  private static final int QUARTERS = 4;

  private final double milliPerWorth;
  private final long worthPerMilli;
  private final long worthPerLightMilli;

  /**
   * @param milliPerWorth how much CPU comes with each unit of worth that is asked for; 0 if demands
   *     use no CPU
   */
  CpuBalance(double milliPerWorth) {
    this.milliPerWorth = milliPerWorth * CHOICE;
    this.worthPerMilli = milliPerWorth > 0 ? Math.round(1 / this.milliPerWorth / QUARTERS) : 0;
    this.worthPerLightMilli =
        milliPerWorth > 0 ? Math.round(1 / (LIGHT * this.milliPerWorth) / QUARTERS) : 0;
  }

  /** The CPU that comes with so much worth. */
  long need(long worth) {
    return Math.round(milliPerWorth * worth);
  }

  /** The CPU that a free part will ask for. */
  long needOfFilling(double fillCpuMilli, long worth) {
    return milliPerWorth == 0 ? 0 : (Math.round(fillCpuMilli) + need(worth)) / 2;
  }

  /** The worth that is lost when the free parts of a node need so much CPU and so much is free. */
  long stranded(long needMilli, long freeCpuMilli) {
    long usual = needMilli - freeCpuMilli;
    long light = (long) (needMilli * LIGHT) - freeCpuMilli;
    return (usual > 0 ? usual * worthPerMilli : 0)
        + (light > 0 ? light * worthPerLightMilli * LIGHT_WEIGHT : 0);
  }
}
