package gpu.kerf.extender.usage;

import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.extender.telemetry.FleetCollector;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.model.usage.UsageBook;
import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What teams have used, as counters. The teams that come first have series of their own, and the
 * lowest teams among the later ones count together. A late end of a pod takes a little away from
 * what was counted; a counter then stands still until that is made up for.
 */
public final class UsageCollector extends Collector {

  /** The teams that have no series of their own. */
  static final String OTHER = "other";

  /** Pods that belong to no team; no team can have this name. */
  static final String NONE = "-";

  private static final double PER_GPU_SECOND = 1e6;

  private final Usage usage;
  private final int limit;
  private final Set<String> own = new HashSet<>();
  private final Map<String, Long> told = new HashMap<>();

  /**
   * @param limit how many teams have series of their own
   */
  public UsageCollector(Usage usage, int limit) {
    this.usage = usage;
    this.limit = limit;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    Map<String, Long> sums = new LinkedHashMap<>();
    sums.put(NONE, rising(UsageBook.NO_TEAM));
    Map<String, TeamSpec> teams = usage.teams().inForce();
    told.keySet().removeIf(team -> !teams.containsKey(team) && !team.equals(UsageBook.NO_TEAM));
    Set<String> parents =
        teams.values().stream()
            .map(TeamSpec::parent)
            .filter(parent -> parent != null)
            .collect(Collectors.toSet());
    for (String team : teams.keySet()) {
      String label = label(team);
      if (!label.equals(OTHER) || !parents.contains(team)) {
        sums.merge(label, rising(team), Long::sum);
      }
    }
    List<MetricFamilySamples.Sample> samples = new ArrayList<>(sums.size());
    sums.forEach(
        (label, used) ->
            samples.add(
                new MetricFamilySamples.Sample(
                    Metric.TEAM_GPU_SECONDS.title(),
                    Metric.TEAM_GPU_SECONDS.labels(),
                    List.of(label),
                    used / PER_GPU_SECOND)));
    return List.of(FleetCollector.family(Metric.TEAM_GPU_SECONDS, samples));
  }

  private long rising(String team) {
    return told.merge(team, usage.book().counted(team), Math::max);
  }

  private String label(String team) {
    if (own.contains(team)) {
      return team;
    }
    if (own.size() < limit) {
      own.add(team);
      return team;
    }
    return OTHER;
  }
}
