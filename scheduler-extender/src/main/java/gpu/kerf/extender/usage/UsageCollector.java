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
 * What teams and namespaces have used, as counters. The teams that come first have series of their
 * own, and the lowest teams among the later ones count together; so do the later namespaces. A late
 * end of a pod takes a little away from what was counted; a counter then stands still until that is
 * made up for.
 */
public final class UsageCollector extends Collector {

  /** The teams that have no series of their own. */
  static final String OTHER = "other";

  /** Pods that belong to no team; no team can have this name. */
  static final String NONE = "-";

  private static final double PER_GPU_SECOND = 1e6;

  private final Usage usage;
  private final Limited teams;
  private final Limited namespaces;
  private final Map<String, Long> told = new HashMap<>();
  private final Map<UsageBook.Place, Long> toldByPlace = new HashMap<>();

  /** The names that have series of their own: those that come first. */
  private static final class Limited {
    private final int most;
    private final Set<String> own = new HashSet<>();

    Limited(int most) {
      this.most = most;
    }

    String label(String name) {
      if (own.contains(name)) {
        return name;
      }
      if (own.size() < most) {
        own.add(name);
        return name;
      }
      return OTHER;
    }
  }

  /**
   * @param mostTeams how many teams have series of their own
   * @param mostNamespaces how many namespaces have
   */
  public UsageCollector(Usage usage, int mostTeams, int mostNamespaces) {
    this.usage = usage;
    this.teams = new Limited(mostTeams);
    this.namespaces = new Limited(mostNamespaces);
  }

  @Override
  public List<MetricFamilySamples> collect() {
    return List.of(ofTeams(), ofPlaces());
  }

  private MetricFamilySamples ofPlaces() {
    Map<List<String>, Long> sums = new LinkedHashMap<>();
    usage
        .book()
        .countedByPlace()
        .forEach(
            (place, used) ->
                sums.merge(
                    List.of(namespaces.label(place.namespace()), place.model()),
                    toldByPlace.merge(place, used, Math::max),
                    Long::sum));
    return family(Metric.USAGE_GPU_SECONDS, sums);
  }

  private MetricFamilySamples ofTeams() {
    Map<List<String>, Long> sums = new LinkedHashMap<>();
    sums.put(List.of(NONE), rising(UsageBook.NO_TEAM));
    Map<String, TeamSpec> inForce = usage.teams().inForce();
    told.keySet().removeIf(team -> !inForce.containsKey(team) && !team.equals(UsageBook.NO_TEAM));
    Set<String> parents =
        inForce.values().stream()
            .map(TeamSpec::parent)
            .filter(parent -> parent != null)
            .collect(Collectors.toSet());
    for (String team : inForce.keySet()) {
      String label = teams.label(team);
      if (!label.equals(OTHER) || !parents.contains(team)) {
        sums.merge(List.of(label), rising(team), Long::sum);
      }
    }
    return family(Metric.TEAM_GPU_SECONDS, sums);
  }

  private static MetricFamilySamples family(Metric metric, Map<List<String>, Long> sums) {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>(sums.size());
    sums.forEach(
        (labels, used) ->
            samples.add(
                new MetricFamilySamples.Sample(
                    metric.title(), metric.labels(), labels, used / PER_GPU_SECOND)));
    return FleetCollector.family(metric, samples);
  }

  private long rising(String team) {
    return told.merge(team, usage.book().counted(team), Math::max);
  }
}
