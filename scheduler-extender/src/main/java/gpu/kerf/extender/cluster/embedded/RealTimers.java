package gpu.kerf.extender.cluster.embedded;

import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Timers that follow the real clock. */
public final class RealTimers implements Timers {

  private final InstantSource clock;
  private final ScheduledExecutorService executor;

  public RealTimers(InstantSource clock, ScheduledExecutorService executor) {
    this.clock = clock;
    this.executor = executor;
  }

  @Override
  public long now() {
    return clock.millis();
  }

  @Override
  public void after(long millis, Runnable action) {
    var unused = executor.schedule(action, millis, TimeUnit.MILLISECONDS);
  }
}
