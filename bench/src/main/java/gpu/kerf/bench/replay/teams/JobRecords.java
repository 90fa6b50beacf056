package gpu.kerf.bench.replay.teams;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What became of each job. */
final class JobRecords {

  private static final double MS_PER_HOUR = 3_600_000.0 * 1000;

  private final Map<String, JobRecord> records = new LinkedHashMap<>();

  /** One job: how long it has waited in all, and what its evictions have cost. */
  private static final class JobRecord {
    final String team;
    long waited;
    long waitingSince;
    boolean done;
    int evictions;
    double doneHours;
    double lostHours;

    JobRecord(String team) {
      this.team = team;
    }
  }

  void waits(TeamJob job, long now) {
    records.computeIfAbsent(job.id(), id -> new JobRecord(job.team())).waitingSince = now;
  }

  void starts(TeamJob job, long now) {
    JobRecord record = of(job);
    record.waited += now - record.waitingSince;
  }

  void done(TeamJob job, long milli) {
    JobRecord record = of(job);
    record.done = true;
    record.doneHours = job.runMs() * milli / MS_PER_HOUR;
  }

  void evicted(TeamJob job, long milli, long ranMs, long now) {
    JobRecord record = of(job);
    record.evictions++;
    record.lostHours += ranMs * milli / MS_PER_HOUR;
    record.waitingSince = now;
  }

  private JobRecord of(TeamJob job) {
    return Objects.requireNonNull(records.get(job.id()));
  }

  /** The figures of all jobs. */
  Map<String, Object> all() {
    return figures(record -> true);
  }

  /** The figures of each team. */
  Map<String, Map<String, Object>> byTeam() {
    Map<String, Map<String, Object>> byTeam = new TreeMap<>();
    for (JobRecord record : records.values()) {
      byTeam.computeIfAbsent(record.team, team -> figures(other -> other.team.equals(team)));
    }
    return byTeam;
  }

  private Map<String, Object> figures(Predicate<JobRecord> which) {
    JobRecord[] some = records.values().stream().filter(which).toArray(JobRecord[]::new);
    long[] waits =
        Arrays.stream(some)
            .filter(record -> record.done)
            .mapToLong(record -> record.waited)
            .sorted()
            .toArray();
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("jobs", some.length);
    figures.put("neverStarted", Arrays.stream(some).filter(record -> !record.done).count());
    figures.put("meanWaitMs", Math.rint(Arrays.stream(waits).average().orElse(0)));
    figures.put("p95WaitMs", percentile(waits, 95));
    figures.put("p99WaitMs", percentile(waits, 99));
    figures.put("longestWaitMs", percentile(waits, 100));
    figures.put("evictions", Arrays.stream(some).mapToInt(record -> record.evictions).sum());
    figures.put("lostGpuHours", sum(some, true));
    figures.put("doneGpuHours", sum(some, false));
    return figures;
  }

  private static double sum(JobRecord[] some, boolean lost) {
    double sum =
        Arrays.stream(some).mapToDouble(each -> lost ? each.lostHours : each.doneHours).sum();
    return Math.rint(sum * 1000) / 1000;
  }

  /** So many percent of the values are no larger. */
  static long percentile(long[] ascending, int percent) {
    return ascending.length == 0
        ? 0
        : ascending[(int) (((long) percent * ascending.length + 99) / 100) - 1];
  }
}
