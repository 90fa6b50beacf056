package gpu.kerf.extender.state;

import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuModels;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which demands usually come, learned from the known pods: the most frequent GPU demands, ignoring
 * their CPU.
 */
public final class FrequentDemands {
  private static final int MOST = 16;
  private static final int ONE_IN = 50;

  private List<PodDemand> latest = List.of();
  private @Nullable UsualDemands demands;

  /** Looks at the pods again; the same object as before where nothing has changed. */
  public @Nullable UsualDemands of(Collection<KnownPod> pods, GpuModels models) {
    Map<PodDemand, Integer> counts = new HashMap<>();
    int all = 0;
    for (KnownPod pod : pods) {
      if (!pod.isNonsense() && !pod.demand().containers().isEmpty()) {
        counts.merge(new PodDemand(pod.demand().containers(), 0, 0), 1, Integer::sum);
        all++;
      }
    }
    List<PodDemand> most = mostFrequent(counts, all / ONE_IN);
    if (!most.equals(latest)) {
      latest = most;
      demands = most.isEmpty() ? null : new UsualDemands(most, models);
    }
    return demands;
  }

  private static List<PodDemand> mostFrequent(Map<PodDemand, Integer> counts, int least) {
    return counts.entrySet().stream()
        .filter(each -> each.getValue() >= least)
        .sorted(Map.Entry.<PodDemand, Integer>comparingByValue(Comparator.reverseOrder()))
        .limit(MOST)
        .map(Map.Entry::getKey)
        .sorted(Comparator.comparing(PodDemand::toString))
        .toList();
  }
}
