package gpu.kerf.bench.simulate;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: the queue of future events. Of two events at the same instant, the one that was
 * scheduled first comes first.
 */
final class VirtualTime {
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000 * MILLI;

  private final PriorityQueue<Event> queue = new PriorityQueue<>();
  private long now;
  private long sequence;
  private long executed;

  /** Something that will happen; it can be cancelled until then. */
  static final class Event implements Comparable<Event> {
    final @Nullable SimulatedProcess owner;
    final Runnable action;
    private final Fibers.@Nullable Parked parked;
    private final @Nullable Object value;
    private long at;
    private long sequence;
    private boolean cancelled;

    private Event(
        @Nullable SimulatedProcess owner,
        Runnable action,
        Fibers.@Nullable Parked parked,
        @Nullable Object value) {
      this.owner = owner;
      this.action = action;
      this.parked = parked;
      this.value = value;
    }

    void cancel() {
      cancelled = true;
    }

    /** The fiber that this resumes; null if it is an action. */
    Fibers.@Nullable Parked parked() {
      return parked;
    }

    /** What the fiber is resumed with. */
    @Nullable Object value() {
      return value;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(sequence);
    }
  }

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  long executed() {
    return executed;
  }

  /**
   * @param owner the process in which it happens: not while that is paused, and never once it is
   *     dead; null for what goes on regardless
   */
  Event after(long nanos, @Nullable SimulatedProcess owner, Runnable action) {
    return add(new Event(owner, action, null, null), nanos);
  }

  /** Resumes a parked fiber. */
  Event resumeAfter(long nanos, @Nullable SimulatedProcess owner, Fibers.Parked parked) {
    return resumeAfter(nanos, owner, parked, null);
  }

  /** Resumes a parked fiber with a value. */
  Event resumeAfter(
      long nanos, @Nullable SimulatedProcess owner, Fibers.Parked parked, @Nullable Object value) {
    return add(new Event(owner, () -> {}, parked, value), nanos);
  }

  private Event add(Event event, long nanos) {
    event.at = now + Math.max(0, nanos);
    event.sequence = sequence++;
    queue.add(event);
    return event;
  }

  /** A paused process goes on: what should have happened meanwhile happens now, in its order. */
  void resumed(SimulatedProcess process) {
    for (Event event : process.takeDeferred()) {
      add(event, 0);
    }
  }

  /** The next event whose time has come; null if nothing will ever happen again. */
  @Nullable Event next() {
    for (Event event = queue.poll(); event != null; event = queue.poll()) {
      SimulatedProcess owner = event.owner;
      Fibers.Parked parked = event.parked;
      if (event.cancelled
          || (owner != null && owner.isDead())
          || (parked != null && parked.isOver())) {
        continue;
      }
      now = Math.max(now, event.at);
      if (owner != null && owner.isPaused()) {
        owner.defer(event);
        continue;
      }
      executed++;
      return event;
    }
    return null;
  }
}
