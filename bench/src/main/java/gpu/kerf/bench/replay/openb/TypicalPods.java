package gpu.kerf.bench.replay.openb;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The typical pods of a trace, as FGD finds them: pods whose demands are equal except for host
 * memory are of one kind; the most frequent kinds that together are at least 95 % of the pods are
 * typical.
 */
final class TypicalPods {

  private static final double SHARE = 0.95;

  private static final Comparator<Kind> MOST_FREQUENT_FIRST =
      Comparator.comparingInt(Kind::count)
          .thenComparing(Kind::ask, Comparator.comparingInt(Ask::cpuMilli))
          .thenComparing(Kind::ask, Comparator.comparingInt(Ask::milli))
          .thenComparing(Kind::ask, Comparator.comparingInt(Ask::gpus))
          .thenComparing(kind -> String.join("|", kind.ask().models()))
          .reversed();

  /** Some pods that ask for the same. */
  private record Kind(Ask ask, int count) {}

  /** A kind of pods and its share of all typical pods. */
  record Typical(Ask ask, double weight) {}

  private TypicalPods() {}

  static List<Typical> of(List<Ask> pods) {
    Map<Ask, Integer> counts = new HashMap<>();
    for (Ask pod : pods) {
      Ask kind = new Ask(pod.cpuMilli(), 0, pod.gpus(), pod.milli(), pod.models());
      counts.merge(kind, 1, Integer::sum);
    }
    List<Kind> kinds = new ArrayList<>();
    counts.forEach((ask, count) -> kinds.add(new Kind(ask, count)));
    kinds.sort(MOST_FREQUENT_FIRST);
    int kept = 0;
    int total = 0;
    while (total < SHARE * pods.size()) {
      total += kinds.get(kept++).count();
    }
    List<Typical> typical = new ArrayList<>();
    for (Kind kind : kinds.subList(0, kept)) {
      typical.add(new Typical(kind.ask(), kind.count() / (double) total));
    }
    return List.copyOf(typical);
  }
}
