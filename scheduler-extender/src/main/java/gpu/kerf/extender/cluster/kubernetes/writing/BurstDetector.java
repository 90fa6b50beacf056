package gpu.kerf.extender.cluster.kubernetes.writing;

/** Whether something happens often, counted per second. */
final class BurstDetector {
  private static final int MANY = 10;
  private static final long SECOND_MILLIS = 1_000;

  private long second;
  private int now;
  private int before;

  synchronized void one(long millis) {
    turn(millis);
    now++;
  }

  synchronized boolean isOn(long millis) {
    turn(millis);
    return Math.max(now, before) > MANY;
  }

  private void turn(long millis) {
    long current = millis / SECOND_MILLIS;
    if (current != second) {
      before = current == second + 1 ? now : 0;
      now = 0;
      second = current;
    }
  }
}
