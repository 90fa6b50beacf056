package gpu.kerf.extender.stream;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The latest events, numbered from 1, in a ring.
 *
 * <pre>
 *   the thread that decides   add: one write into the ring, and the number behind it
 *   any other thread          read: what stands after a position; what was overwritten is said
 * </pre>
 *
 * <p>Each reader has a position of its own. So the ring is the only queue there is: a reader that
 * is slow, or hangs, holds nothing up and takes no memory, and learns of what it has missed.
 */
public final class EventLog {
  private final String run;
  private final int size;
  private final AtomicReferenceArray<@Nullable StreamEvent> ring;
  private final LongSupplier wallMillis;
  private final Metrics metrics;
  private volatile long last;

  /**
   * What stands after a position.
   *
   * @param gap what is missing before the events; null if nothing is
   * @param next the position after them
   */
  public record Page(List<StreamEvent> events, @Nullable Gap gap, Position next) {
    public Page {
      events = List.copyOf(events);
    }
  }

  /**
   * @param run a word that no other start of the service has
   * @param size how many events are kept
   */
  public EventLog(String run, int size, LongSupplier wallMillis, Metrics metrics) {
    this.run = run;
    this.size = size;
    this.ring = new AtomicReferenceArray<>(size);
    this.wallMillis = wallMillis;
    this.metrics = metrics;
  }

  /** Adds an event; always on the same thread. */
  public void add(EventData data) {
    long number = last + 1;
    ring.set(slot(number), new StreamEvent(number, wallMillis.getAsLong(), data));
    last = number;
    metrics.count(Metric.STREAM_EVENTS, data.type());
  }

  private int slot(long number) {
    return (int) (number % size);
  }

  /** Before all events that are kept. */
  public Position start() {
    return new Position(run, oldest() - 1);
  }

  /** After all events that there are. */
  public Position end() {
    return new Position(run, last);
  }

  private long oldest() {
    return Math.max(1, last - size + 1);
  }

  /** How many events stand after a position. */
  public long after(Position position) {
    return position.run().equals(run) ? Math.max(0, last - position.number()) : last;
  }

  /**
   * How much is read at once.
   *
   * @param events how many are found at most
   * @param looks how many are looked at, so that a search among those of others ends in time
   * @param upTo the number of the last that may be looked at
   */
  public record Amount(int events, int looks, long upTo) {}

  /** The first events after a position that a client may see. */
  public Page read(Position after, Amount amount, Viewer viewer) {
    Gap gap = gap(after);
    long number = gap == null ? after.number() : gap.resumes() - 1;
    List<StreamEvent> found = new ArrayList<>();
    long end = Math.min(Math.min(last, amount.upTo), number + amount.looks);
    while (number < end && found.size() < amount.events) {
      StreamEvent event = ring.get(slot(number + 1));
      if (event == null || event.number() != number + 1) {
        // Overwritten while it was read: the next page says so.
        break;
      }
      number++;
      if (event.data().isSeenBy(viewer)) {
        found.add(event);
      }
    }
    return new Page(found, gap, new Position(run, number));
  }

  private @Nullable Gap gap(Position after) {
    long oldest = oldest();
    if (!after.run().isEmpty() && !after.run().equals(run)) {
      return new Gap(Gap.Reason.RESTARTED, after, oldest, 0);
    }
    if (after.number() > last) {
      return new Gap(Gap.Reason.UNKNOWN, after, oldest, 0);
    }
    return after.number() < oldest - 1
        ? new Gap(Gap.Reason.OVERWRITTEN, after, oldest, oldest - 1 - after.number())
        : null;
  }

  /** The namespaces of which the events tell; on the thread that adds. */
  public Set<String> namespaces() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < size; i++) {
      StreamEvent event = ring.get(i);
      if (event != null) {
        names.addAll(event.data().namespaces());
      }
    }
    return names;
  }

  public String run() {
    return run;
  }
}
