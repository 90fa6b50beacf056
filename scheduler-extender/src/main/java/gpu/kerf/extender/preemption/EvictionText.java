package gpu.kerf.extender.preemption;

import gpu.kerf.extender.wire.PodView;
import java.util.Collection;
import java.util.List;

/**
 * What users of a pod are told of an eviction. The users of a namespace may not get the pods of
 * another one, so what stands on a pod names no pod and no budget of another namespace.
 */
final class EvictionText {

  private EvictionText() {}

  /** On a pod that has to go. */
  static String ofVictim(PodView.Ref victim, PodView.Ref taker) {
    return "Evicted to make room for " + named(taker, victim) + " of higher priority.";
  }

  /** On a pod of a gang of which others had to go. */
  static String ofMate(PodView.Ref mate, PodView.Ref taker) {
    return "Evicted with its gang, of which pods make room for "
        + named(taker, mate)
        + " of higher priority.";
  }

  /**
   * On a pod for which another one could not be evicted.
   *
   * @param why as the API server says it, which names the budget
   */
  static String refused(PodView.Ref taker, PodView.Ref victim, String why) {
    return isSeen(victim, taker)
        ? "Cannot evict " + victim + ": " + why
        : "Cannot evict a pod of another namespace: a disruption budget of it forbids that, or the"
            + " API server did not do it.";
  }

  /** On a pod for which budgets let no pod be evicted. */
  static String forbidden(PodView.Ref taker, String node, Collection<String> budgets) {
    String own = taker.namespace() + "/";
    List<String> names = budgets.stream().filter(each -> each.startsWith(own)).toList();
    return "Pods of lower priority could make room on node "
        + node
        + ", but disruption budgets forbid to evict them: "
        + (names.isEmpty() ? "" : String.join(", ", names))
        + (names.isEmpty() || names.size() == budgets.size() ? "" : " and ")
        + (names.size() == budgets.size() ? "" : "some of other namespaces")
        + ".";
  }

  private static String named(PodView.Ref pod, PodView.Ref reader) {
    return isSeen(pod, reader) ? pod.toString() : "a pod";
  }

  private static boolean isSeen(PodView.Ref pod, PodView.Ref reader) {
    return pod.namespace().equals(reader.namespace());
  }
}
