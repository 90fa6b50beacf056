package gpu.kerf.extender.gang;

/**
 * How many pods a gang has.
 *
 * @param minimum with how many it can start; one means that its pods need not start together
 * @param most how many belong to it at most
 * @param apart whether its pods may be evicted one by one once they run; else the rest goes with
 *     the one that leaves the gang below its minimum
 */
public record GangSize(int minimum, int most, boolean apart) {

  /** More pods than kube-scheduler can try within the time that a bind call may wait. */
  public static final int MOST = 512;

  public GangSize {
    if (minimum < 1 || minimum > MOST) {
      throw new IllegalArgumentException(
          "The number of pods ("
              + minimum
              + ") with which a gang starts must be between 1 and "
              + MOST
              + ".\nMaybe let the pods of one node be one pod.");
    }
    if (most < minimum || most > MOST) {
      throw new IllegalArgumentException(
          "The size of a gang ("
              + most
              + ") must be between its minimum ("
              + minimum
              + ") and "
              + MOST
              + ".\nMaybe the two are exchanged.");
    }
  }

  /** A gang that is of no use with less pods than its minimum. */
  public GangSize(int minimum, int most) {
    this(minimum, most, false);
  }

  /** The same number of pods, which may be evicted one by one. */
  public GangSize evictedApart() {
    return new GangSize(minimum, most, true);
  }

  /** A gang that starts with all of its pods. */
  public static GangSize all(int pods) {
    return new GangSize(pods, pods);
  }

  /** A gang of which only the number is known with which it can start. */
  public static GangSize atLeast(int pods) {
    return new GangSize(pods, MOST);
  }

  /** Pods that need not start together. */
  public static GangSize none() {
    return atLeast(1);
  }
}
