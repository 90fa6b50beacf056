package gpu.kerf.extender.gang;

import java.time.Duration;

/**
 * How long the parts of a gang's start may take.
 *
 * @param barrier how long a bind call waits for those of the other pods
 * @param repair how long a gang may be torn before its pods are evicted
 */
public record GangTimes(Duration barrier, Duration repair) {

  private static final long PLACE_MILLIS = 30_000;
  private static final long MORE_MILLIS = 1_000;

  /** kube-scheduler tries about so many pods in the time that is added for them. */
  private static final int PODS = 16;

  public static GangTimes defaults() {
    return new GangTimes(Duration.ofSeconds(2), Duration.ofSeconds(60));
  }

  /** How long the places of so many pods are held. */
  public long placeMillis(int pods) {
    return PLACE_MILLIS + MORE_MILLIS * ((pods + PODS - 1) / PODS);
  }
}
