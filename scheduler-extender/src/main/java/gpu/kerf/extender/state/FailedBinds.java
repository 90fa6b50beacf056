package gpu.kerf.extender.state;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The nodes on which the binding of a pod failed a short while ago. Filter names other nodes first,
 * so that the same pod does not get the same refusal again and again while it would fit elsewhere.
 */
public final class FailedBinds {
  private static final int MOST = 10_000;
  private static final long MILLIS = 30_000;

  private final Map<String, Map<String, Long>> untilByPod = new LinkedHashMap<>();

  /** The binding of a pod to a node failed. */
  public void failed(String uid, String node, long now) {
    untilByPod.computeIfAbsent(uid, each -> new LinkedHashMap<>()).put(node, now + MILLIS);
    if (untilByPod.size() > MOST) {
      untilByPod.remove(untilByPod.keySet().iterator().next());
    }
  }

  /** Whether a pod has failed anywhere. */
  public boolean has(String uid) {
    return !untilByPod.isEmpty() && untilByPod.containsKey(uid);
  }

  /** Whether a pod should go elsewhere if it can. */
  public boolean isAvoided(String uid, String node, long now) {
    Long until = untilByPod.getOrDefault(uid, Map.of()).get(node);
    return until != null && now - until < 0;
  }

  /** The pod is bound, or gone. */
  public void forget(String uid) {
    untilByPod.remove(uid);
  }

  /** The node is another than before: what failed there may succeed now. */
  void nodeChanged(String node) {
    untilByPod.values().forEach(each -> each.remove(node));
    untilByPod.values().removeIf(Map::isEmpty);
  }
}
