package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import java.util.HashMap;
import java.util.Map;

/** The labels of the pods that hold slots: who may be evicted is decided by them. */
final class Labels {
  private final Map<String, PodLabels> pods = new HashMap<>();

  /** The namespace and labels of a pod. */
  record PodLabels(String namespace, Map<String, String> labels) {}

  void seen(PodView pod) {
    if (!pod.annotation(Annotations.PLACEMENT).isEmpty()) {
      pods.put(pod.uid(), new PodLabels(pod.ref().namespace(), pod.labels()));
    }
  }

  void gone(String uid) {
    pods.remove(uid);
  }

  PodLabels of(String uid) {
    return pods.getOrDefault(uid, new PodLabels("", Map.of()));
  }
}
