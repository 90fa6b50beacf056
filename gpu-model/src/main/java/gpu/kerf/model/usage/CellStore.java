package gpu.kerf.model.usage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What ended pods used, hour by hour. Pods of one owner on one GPU share a cell, and whole hours of
 * a pod are kept as one line. If that takes too much memory, the cells of the oldest hours no
 * longer tell owners apart, and if it is still too much, the oldest hours are dropped.
 */
final class CellStore {

  static final long HOUR = 3_600_000;

  /** The owner of cells that tell no owners apart. */
  static final String ANY_OWNER = "";

  private static final int FEWEST_HOURS_OF_A_LINE = 3;

  /** About what a cell takes with an owner that no other object knows; a line takes the same. */
  static final int CELL_BYTES = 160;

  /** About what a cell takes that shares its key. */
  static final int SHARED_BYTES = 50;

  private final long mostBytes;
  private final Map<UsageCell.Key, UsageCell.Key> shared = new HashMap<>();
  private final TreeMap<Long, HourCells> hours = new TreeMap<>();
  private final List<Line> lines = new ArrayList<>();
  private long bytes;

  /** Before this hour, cells tell no owners apart. */
  private long ownersFrom = Long.MIN_VALUE;

  /** Before this hour, nothing is kept. */
  private long keptFrom = Long.MIN_VALUE;

  /** What an ended pod held of a GPU in each of some hours, numbered from 1970. */
  private record Line(long from, long to, UsageCell.Key key, UsagePart part) {}

  CellStore(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  static long hourOf(long millis) {
    return Math.floorDiv(millis, HOUR);
  }

  /** How long of an hour lies between two moments. */
  static long overlap(long hour, long since, long at) {
    return Math.max(0, Math.min(at, (hour + 1) * HOUR) - Math.max(since, hour * HOUR));
  }

  /** A pod held a part of a GPU from one moment to another. */
  void add(UsageCell.Key key, UsagePart part, long since, long at) {
    if (at <= since) {
      return;
    }
    long first = Math.max(keptFrom, hourOf(since));
    long last = hourOf(at - 1);
    if (last - first > FEWEST_HOURS_OF_A_LINE) {
      cell(first, key, part, overlap(first, since, at));
      cell(last, key, part, overlap(last, since, at));
      lines.add(new Line(first + 1, last, key, part));
      bytes += CELL_BYTES;
    } else {
      for (long hour = first; hour <= last; hour++) {
        cell(hour, key, part, overlap(hour, since, at));
      }
    }
    while (bytes > mostBytes && !hours.isEmpty()) {
      makeRoom();
    }
  }

  private void cell(long hour, UsageCell.Key key, UsagePart part, long millis) {
    HourCells there = hours.computeIfAbsent(hour, any -> new HourCells());
    int before = there.size();
    there.add(shown(hour, key), part.gpu(), part.milli() * millis, part.mebibytes() * millis);
    bytes += bytes(hour, there.size() - before);
  }

  private long bytes(long hour, int cells) {
    return (long) cells * (hour >= ownersFrom ? CELL_BYTES : SHARED_BYTES);
  }

  private UsageCell.Key shown(long hour, UsageCell.Key key) {
    if (hour >= ownersFrom) {
      return key;
    }
    return shared.computeIfAbsent(
        new UsageCell.Key(key.team(), key.namespace(), ANY_OWNER, key.model(), key.wall()),
        same -> same);
  }

  private void makeRoom() {
    Map.Entry<Long, HourCells> oldest = hours.ceilingEntry(Math.max(ownersFrom, keptFrom));
    if (oldest == null) {
      dropBefore(hours.firstKey() + 1);
      return;
    }
    long hour = oldest.getKey();
    bytes -= bytes(hour, oldest.getValue().size());
    ownersFrom = hour + 1;
    HourCells merged = new HourCells();
    oldest
        .getValue()
        .each((key, gpu, milli, mebibytes) -> merged.add(shown(hour, key), gpu, milli, mebibytes));
    bytes += bytes(hour, merged.size());
    hours.put(hour, merged);
  }

  /** Forgets all hours before this one. */
  void dropBefore(long hour) {
    if (hour <= keptFrom) {
      return;
    }
    keptFrom = hour;
    Map<Long, HourCells> old = hours.headMap(hour);
    old.forEach((each, cells) -> bytes -= bytes(each, cells.size()));
    old.clear();
    int before = lines.size();
    lines.removeIf(line -> line.to <= hour);
    bytes -= (long) CELL_BYTES * (before - lines.size());
  }

  /** The clock has jumped back: hours from this one on are kept again. */
  void keepFrom(long hour) {
    keptFrom = Math.min(keptFrom, hour);
    ownersFrom = Math.min(ownersFrom, hour);
  }

  /** The first hour of which all is kept, or {@link Long#MIN_VALUE}. */
  long keptFrom() {
    return keptFrom;
  }

  /** The first hour that has cells; {@link Long#MAX_VALUE} if none has. */
  long first() {
    long first = hours.isEmpty() ? Long.MAX_VALUE : hours.firstKey();
    for (Line line : lines) {
      first = Math.min(first, line.from);
    }
    return Math.max(first, keptFrom);
  }

  /** Adds what was used in an hour. */
  void addTo(HourCells sum, long hour) {
    HourCells there = hours.get(hour);
    if (there != null) {
      there.addTo(sum);
    }
    for (Line line : lines) {
      if (line.from <= hour && hour < line.to && hour >= keptFrom) {
        sum.add(
            shown(hour, line.key),
            line.part.gpu(),
            line.part.milli() * HOUR,
            line.part.mebibytes() * HOUR);
      }
    }
  }
}
