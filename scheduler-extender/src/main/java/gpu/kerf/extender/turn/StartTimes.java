package gpu.kerf.extender.turn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** When work of each team started last, from which it follows how fast its line moves. */
final class StartTimes {

  private static final int REMEMBERED = 16;

  /** Fewer say nothing of the next ones. */
  private static final int FEWEST = 4;

  /** Without a start for so many times the usual pause, the line stands. */
  private static final int STANDS_AFTER = 5;

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  private final Map<String, Deque<Long>> byTeam = new HashMap<>();

  void started(String team, long now) {
    Deque<Long> times = byTeam.computeIfAbsent(team, any -> new ArrayDeque<>());
    times.add(now);
    if (times.size() > REMEMBERED) {
      times.remove();
    }
  }

  /**
   * When work may start that has so much before it, as a text such as {@code about 12 min}; empty
   * if the line has not moved often enough to say, or moves no more. The same text stands until the
   * line moves.
   */
  String expected(String team, int before, long now) {
    Deque<Long> times = byTeam.getOrDefault(team, new ArrayDeque<>());
    if (times.size() < FEWEST) {
      return "";
    }
    long each = (times.getLast() - times.getFirst()) / (times.size() - 1);
    boolean stands = now - times.getLast() > STANDS_AFTER * Math.max(each, MINUTE);
    long wait = each * (before + 1);
    return stands || wait >= 24 * HOUR ? "" : "about " + rounded(wait);
  }

  private static String rounded(long millis) {
    long minutes = Math.max(1, Math.round((double) millis / MINUTE));
    if (minutes <= 10) {
      return minutes + " min";
    }
    return minutes < 60 ? minutes / 5 * 5 + " min" : Math.round((double) millis / HOUR) + " h";
  }
}
