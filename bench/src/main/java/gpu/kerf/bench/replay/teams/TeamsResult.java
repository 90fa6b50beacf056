package gpu.kerf.bench.replay.teams;

import gpu.kerf.bench.replay.Rounding;
import gpu.kerf.model.team.TeamNumbers;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a replay measured. Utilisation and shares count until the last job has come. */
final class TeamsResult {

  private final ReplayedCluster cluster;
  private final JobRecords records;
  private final long until;
  private final List<Long> errors = new ArrayList<>();
  private final Map<String, List<Long>> errorsOf = new TreeMap<>();
  private final Set<String> impossible = new HashSet<>();
  private final Set<String> torn = new HashSet<>();
  private long at;
  private double heldTime;
  private int drains;

  TeamsResult(ReplayedCluster cluster, JobRecords records, long until) {
    this.cluster = cluster;
    this.records = records;
    this.until = until;
  }

  /** Time passes while the same jobs run. */
  void passTo(long now) {
    long end = Math.min(now, until);
    if (end > at) {
      heldTime += (double) (end - at) * cluster.heldMilli();
      at = end;
    }
  }

  void impossible(String job) {
    impossible.add(job);
  }

  void drained() {
    drains++;
  }

  /** A minute begins, and the policy has decided. */
  void sample(long now) {
    torn.addAll(cluster.tornGangs());
    if (now > until) {
      return;
    }
    for (String team : cluster.teams()) {
      TeamNumbers numbers = cluster.book.numbers(team);
      if (numbers != null && numbers.pending().milli() > 0) {
        long error = error(team, numbers);
        errors.add(error);
        errorsOf.computeIfAbsent(team, any -> new ArrayList<>()).add(error);
      }
    }
  }

  /**
   * By how much a team that waits holds less than its share, as far as its waiting work could fill
   * the gap: work that is larger than the gap would put it above its share.
   */
  private long error(String team, TeamNumbers numbers) {
    long gap = numbers.share().milli() - numbers.held().milli();
    long filled = 0;
    for (Work work : cluster.book.line(team)) {
      long milli = cluster.leastMilli(work);
      if (filled + milli <= gap) {
        filled += milli;
      }
    }
    return filled;
  }

  Map<String, Object> json() {
    Map<String, Object> all = records.all();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("utilPercent", Rounding.hundredths(utilPercent()));
    for (String key : List.of("meanWaitMs", "p95WaitMs", "p99WaitMs")) {
      json.put(key, all.get(key));
    }
    json.put("shareErrorP95Gpus", gpus(errors));
    for (String key : List.of("evictions", "lostGpuHours", "doneGpuHours", "longestWaitMs")) {
      json.put(key, all.get(key));
    }
    json.put("tornGangs", torn.size());
    json.put("impossibleJobs", impossible.size());
    json.put("neverStartedJobs", all.get("neverStarted"));
    json.put("drainedPlaces", drains);
    Map<String, Map<String, Object>> byTeam = records.byTeam();
    byTeam.forEach(
        (team, figures) ->
            figures.put("shareErrorP95Gpus", gpus(errorsOf.getOrDefault(team, List.of()))));
    json.put("teams", byTeam);
    return json;
  }

  private double utilPercent() {
    return at == 0 ? 0 : 100 * heldTime / at / cluster.totalMilli();
  }

  private static double gpus(List<Long> milli) {
    long[] sorted = milli.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return JobRecords.percentile(sorted, 95) / 1000.0;
  }
}
