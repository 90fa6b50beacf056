package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.wire.PodView;
import java.util.HashMap;
import java.util.Map;

/**
 * The labels of all pods that run or will run: they decide which disruption budgets cover a pod. A
 * pod without GPUs, or one that another scheduler placed, may have to be evicted for its CPU or
 * memory, so their labels are kept too.
 *
 * <p>Pods of one template have the same labels, which are kept once for all of them.
 */
public final class Labels {
  private final Map<String, PodLabels> pods = new HashMap<>();
  private final Map<Map<String, String>, Shared> shared = new HashMap<>();

  /** The namespace and labels of a pod. */
  record PodLabels(String namespace, Map<String, String> labels) {}

  /** One set of labels and how many pods have it. */
  private static final class Shared {
    private final Map<String, String> labels;
    private int pods;

    Shared(Map<String, String> labels) {
      this.labels = labels;
    }
  }

  void podChanged(PodView pod) {
    if (pod.phase() == PodView.Phase.OVER) {
      podEnded(pod.uid());
      return;
    }
    PodLabels known = pods.get(pod.uid());
    if (known == null || !known.labels.equals(pod.labels())) {
      podEnded(pod.uid());
      Shared same = shared.computeIfAbsent(pod.labels(), Shared::new);
      same.pods++;
      pods.put(pod.uid(), new PodLabels(pod.ref().namespace(), same.labels));
    }
  }

  void podEnded(String uid) {
    PodLabels known = pods.remove(uid);
    if (known != null) {
      shared.computeIfPresent(known.labels, (labels, same) -> --same.pods == 0 ? null : same);
    }
  }

  PodLabels of(String uid) {
    return pods.getOrDefault(uid, new PodLabels("", Map.of()));
  }

  /** How many different sets of labels are kept. */
  int sets() {
    return shared.size();
  }
}
