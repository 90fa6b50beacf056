package gpu.kerf.extender.cluster.embedded;

/** The clock of a simulated cluster: it tells the time and runs tasks later. */
public interface Timers {

  /** In milliseconds. */
  long now();

  /** Does something once so many milliseconds have passed. */
  void after(long millis, Runnable action);
}
