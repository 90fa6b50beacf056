package gpu.kerf.extender.cluster.embedded;

/** What time it is, and things to do later: the clock that a simulated cluster is given. */
public interface Timers {

  /** In milliseconds. */
  long now();

  /** Does something once so many milliseconds have passed. */
  void after(long millis, Runnable action);
}
