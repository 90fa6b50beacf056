package gpu.kerf.extender.state;

import gpu.kerf.extender.wire.PodView;
import java.util.List;

/** Finds the group of a pod by the labels of the projects that make groups of pods. */
final class PodGroups {

  private static final List<String> LABELS =
      List.of(
          "scheduling.x-k8s.io/pod-group",
          "pod-group.scheduling.sigs.k8s.io",
          "leaderworkerset.sigs.k8s.io/group-key");

  private PodGroups() {}

  /** The name of a pod's group; empty if it has none. */
  static String of(PodView pod) {
    for (String label : LABELS) {
      String group = pod.labels().getOrDefault(label, "");
      if (!group.isEmpty()) {
        return group;
      }
    }
    return "";
  }
}
