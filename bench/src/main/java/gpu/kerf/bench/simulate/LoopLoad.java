package gpu.kerf.bench.simulate;

/** Counts what a replica puts onto its loop, and fails if it never comes to rest. */
final class LoopLoad {
  /** In a second; a busy replica has some hundreds. */
  private static final long MOST = 20_000;

  private final VirtualTime timeline;
  private final SimulatedProcess process;
  private long second = -1;
  private long tasks;

  LoopLoad(VirtualTime timeline, SimulatedProcess process) {
    this.timeline = timeline;
    this.process = process;
  }

  void count() {
    long now = timeline.now() / VirtualTime.SECOND;
    tasks = now == second ? tasks + 1 : 1;
    second = now;
    if (tasks > MOST) {
      throw new Violation(process + " does not come to rest: " + tasks + " tasks in a second");
    }
  }
}
