package gpu.kerf.extender.usage;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.model.usage.UsageBook;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What teams had used before this process, and what is kept for the next one. Teams are written one
 * after the other, so that many of them are no flood.
 */
final class Checkpoints {

  /** How many teams are written at once, twice a second. */
  private static final int MOST_WRITES = 10;

  /** A checkpoint that says nothing new is written again: it keeps older use from counting. */
  private static final long RENEWAL_MILLIS = 600_000;

  private final UsageBook book;
  private final UsageClock clock;
  private final Cluster cluster;
  private final long pause;
  private final Map<String, UsageCheckpoint> read = new HashMap<>();
  private final Map<String, UsageCheckpoint> written = new HashMap<>();
  private List<String> order = List.of();
  private int next;

  /**
   * @param pause how long a team waits after it was written
   */
  Checkpoints(UsageBook book, UsageClock clock, Cluster cluster, Duration pause) {
    this.book = book;
    this.clock = clock;
    this.cluster = cluster;
    this.pause = pause.toMillis();
  }

  /** What statuses of Teams say. */
  void read(Map<String, UsageCheckpoint> usage) {
    read.putAll(usage);
  }

  /**
   * These teams are in force. Those that are new go on from their checkpoints.
   *
   * @param counts whether other teams are being counted already
   */
  void use(AcceptedTeams teams, boolean counts) {
    order = List.copyOf(teams.inForce().keySet());
    written.keySet().retainAll(order);
    for (TeamSpec team : teams.inForce().values()) {
      UsageCheckpoint known = read.remove(team.name());
      book.restore(team.name(), known == null ? nothing(team, counts) : upToNow(known, counts));
    }
  }

  /** Without a checkpoint it begins when it was created, or now if it comes later. */
  private UsageCheckpoint nothing(TeamSpec team, boolean counts) {
    long now = clock.now();
    long begin = counts ? now : Math.min(now, team.createdMillis());
    return new UsageCheckpoint(begin, begin, 0, List.of());
  }

  /** A wall clock that was set back since must not let anything count twice, or nothing count. */
  private UsageCheckpoint upToNow(UsageCheckpoint known, boolean counts) {
    long now = clock.now();
    long ahead = known.untilMillis() - now;
    if (ahead <= 0) {
      return known;
    }
    if (!counts && ahead <= UsageClock.AHEAD_MILLIS) {
      clock.set(ahead);
      return known;
    }
    return new UsageCheckpoint(
        Math.min(known.sinceMillis(), now), now, known.milliGpuMillis(), known.periods());
  }

  /** Writes some teams whose turn it is; to be called twice a second. */
  void writeSome() {
    write(MOST_WRITES, pause);
  }

  /** Writes all that is not written; completes when it is. */
  CompletionStage<Void> writeAll() {
    return write(order.size(), 0);
  }

  private CompletionStage<Void> write(int most, long age) {
    Map<String, UsageCheckpoint> changed = new HashMap<>();
    if (!order.isEmpty() && cluster.keepsTeamUsage()) {
      for (int i = order.size(); i > 0 && changed.size() < most; i--) {
        String team = order.get(next++ % order.size());
        UsageCheckpoint now = book.checkpoint(team);
        if (now != null && isNews(written.get(team), now, age)) {
          changed.put(team, now);
        }
      }
      next %= order.size();
    }
    written.putAll(changed);
    return changed.isEmpty() ? CompletableFuture.completedFuture(null) : cluster.teamUsage(changed);
  }

  private static boolean isNews(@Nullable UsageCheckpoint before, UsageCheckpoint now, long least) {
    if (before == null) {
      return true;
    }
    long age = now.untilMillis() - before.untilMillis();
    return age >= RENEWAL_MILLIS || age < 0 || (age >= least && !now.isSameUsage(before));
  }
}
