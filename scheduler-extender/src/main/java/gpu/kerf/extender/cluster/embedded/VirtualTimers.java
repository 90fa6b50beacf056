package gpu.kerf.extender.cluster.embedded;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: it stands still until it is advanced, and then jumps to the next task that is due.
 * Tasks that are due at the same time run in the order in which they were scheduled.
 */
public final class VirtualTimers implements Timers {

  private record Due(long time, long order, Runnable action) {}

  private final PriorityQueue<Due> dues =
      new PriorityQueue<>(Comparator.comparingLong(Due::time).thenComparingLong(Due::order));
  private long now;
  private long asked;

  public VirtualTimers(long start) {
    this.now = start;
  }

  @Override
  public synchronized long now() {
    return now;
  }

  @Override
  public synchronized void after(long millis, Runnable action) {
    dues.add(new Due(now + Math.max(0, millis), asked++, action));
  }

  /** When the next thing is due; {@link Long#MAX_VALUE} if nothing is. */
  public synchronized long nextDue() {
    Due next = dues.peek();
    return next == null ? Long.MAX_VALUE : next.time();
  }

  /** Lets time pass without anything happening; never past what is due, never back. */
  public synchronized void advanceTo(long time) {
    now = Math.max(now, Math.min(time, nextDue()));
  }

  /** Goes on to what is due next and does it. False if there is nothing. */
  public boolean runNext() {
    Due next = next();
    if (next == null) {
      return false;
    }
    next.action().run();
    return true;
  }

  private synchronized @Nullable Due next() {
    Due next = dues.poll();
    if (next != null) {
      now = next.time();
    }
    return next;
  }
}
