package gpu.kerf.model.usage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one team has used, with the teams below it: in all, since moments, and by hour. */
final class UsageAccount {

  private final long origin;
  private long since;

  /** Up to here, all that was used is in the checkpoint that it began with. */
  private long restoredUntil;

  private final UsageMeter total;

  /** What this process has counted. */
  private final UsageMeter counted;

  /** By the moment since which they count; the one that was asked for longest ago is first. */
  private final Map<Long, UsageMeter> periods = new LinkedHashMap<>();

  /** What ended holdings used, by hour; the hour modulo the length is its place. */
  private final long[] closed;

  private long newestHour = Long.MIN_VALUE;

  /**
   * @param from the first moment of which this process knows all that was used
   * @param restored null for none
   */
  UsageAccount(long origin, long from, int keptHours, @Nullable UsageCheckpoint restored) {
    this.origin = origin;
    this.closed = new long[keptHours];
    this.since = restored == null ? from : restored.sinceMillis();
    this.restoredUntil = restored == null ? Long.MIN_VALUE : restored.untilMillis();
    long before = restored == null ? 0 : restored.milliGpuMillis();
    this.total = new UsageMeter(origin, restoredUntil, before);
    this.counted = new UsageMeter(origin, restored == null ? from : restoredUntil, 0);
    if (restored != null) {
      for (UsageCheckpoint.Period period : restored.periods()) {
        long used = period.milliGpuMillis();
        long start = Math.max(period.startMillis(), restoredUntil);
        periods.put(period.startMillis(), new UsageMeter(origin, start, used));
      }
    }
  }

  void begin(long milli, long at) {
    total.begin(milli, at);
    counted.begin(milli, at);
    periods.values().forEach(period -> period.begin(milli, at));
  }

  void end(long milli, long began, long at) {
    total.end(milli, began, at);
    counted.end(milli, began, at);
    periods.values().forEach(period -> period.end(milli, began, at));
    close(milli, Math.max(began, restoredUntil), at);
  }

  private void close(long milli, long from, long to) {
    if (to <= from) {
      return;
    }
    long last = CellStore.hourOf(to - 1);
    for (long hour = turnTo(last, CellStore.hourOf(from)); hour <= last; hour++) {
      closed[place(hour)] += milli * CellStore.overlap(hour, from, to);
    }
  }

  /** Makes room for an hour; the first one of those from an earlier hour on that is kept. */
  private long turnTo(long hour, long earlier) {
    long oldestToClear = Math.max(newestHour + 1, hour - closed.length + 1);
    for (long each = oldestToClear; each <= hour; each++) {
      closed[place(each)] = 0;
    }
    newestHour = Math.max(newestHour, hour);
    return Math.max(earlier, newestHour - closed.length + 1);
  }

  private int place(long hour) {
    return (int) Math.floorMod(hour, (long) closed.length);
  }

  /**
   * What ended holdings used since a moment, as far as this process has counted it. If the moment
   * lies within an hour, that hour is taken for evenly used up to now.
   */
  private long closedSince(long moment, long now) {
    if (newestHour == Long.MIN_VALUE) {
      return 0;
    }
    long first = Math.max(CellStore.hourOf(moment), newestHour - closed.length + 1);
    long sum = 0;
    for (long hour = first; hour <= newestHour; hour++) {
      long whole = CellStore.overlap(hour, Long.MIN_VALUE, now);
      long after = CellStore.overlap(hour, moment, now);
      long used = closed[place(hour)];
      sum += after == whole ? used : used / whole * after;
    }
    return sum;
  }

  /** What was used since a moment; {@code running} are all holdings that have not ended. */
  long since(long moment, Iterable<UsageHolding> running, long now) {
    if (moment < since && restoredUntil != Long.MIN_VALUE) {
      return total.read(now);
    }
    UsageMeter meter = periods.remove(moment);
    if (meter == null) {
      long from = Math.max(moment, restoredUntil);
      meter = new UsageMeter(origin, from, closedSince(from, now));
      for (UsageHolding holding : running) {
        holding.countIn(this, meter);
      }
    }
    periods.put(moment, meter);
    if (periods.size() > UsageCheckpoint.MOST_PERIODS) {
      Iterator<Long> oldest = periods.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    return meter.read(now);
  }

  /** The clock has jumped back, and what is held from then on is news; nothing is held now. */
  void jumpBack(long now) {
    since = Math.min(since, now);
    restoredUntil = Math.min(restoredUntil, now);
    total.countFrom(now);
    counted.countFrom(now);
    periods.values().forEach(period -> period.countFrom(now));
    newestHour = Long.MIN_VALUE;
    Arrays.fill(closed, 0);
  }

  long total(long now) {
    return total.read(now);
  }

  long counted(long now) {
    return counted.read(now);
  }

  UsageCheckpoint checkpoint(long now) {
    List<UsageCheckpoint.Period> parts = new ArrayList<>(periods.size());
    periods.forEach(
        (start, meter) -> parts.add(new UsageCheckpoint.Period(start, meter.read(now))));
    parts.sort((one, other) -> Long.compare(one.startMillis(), other.startMillis()));
    return new UsageCheckpoint(Math.min(since, now), now, total.read(now), parts);
  }
}
