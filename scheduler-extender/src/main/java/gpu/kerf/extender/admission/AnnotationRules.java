package gpu.kerf.extender.admission;

import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Refuses annotations by which a pod would name its own devices: Kerf's decisions, and annotations
 * that container runtimes read. A pod may not bring them and may not change them later, because a
 * container that restarts reads them again.
 */
final class AnnotationRules {

  private static final List<String> DECISIONS =
      List.of(
          Annotations.PLACEMENT,
          Annotations.VISIBLE_DEVICES,
          Annotations.MPS_MEMORY,
          Annotations.MPS_THREADS,
          Annotations.MPS_PIPE,
          Annotations.GANG_BEGUN,
          Annotations.HELD_SINCE);

  /** Of the Container Device Interface, CRI-O and NRI plugins, each read from the pod. */
  private static final List<String> RUNTIMES =
      List.of(
          "cdi.k8s.io/",
          "nvidia.cdi.k8s.io",
          "cdi-devices.nri.io",
          "devices.nri.io",
          "mounts.nri.io",
          "io.kubernetes.cri-o.Devices",
          "management.nvidia.com/");

  /** KAI's way to ask for a part of a GPU has the same prefix. */
  private static final String KAI_PREFIX = "nvidia.cdi.k8s.io/";

  private AnnotationRules() {}

  static boolean isDecision(String key) {
    return DECISIONS.stream().anyMatch(key::startsWith);
  }

  private static boolean isOfRuntime(String key) {
    boolean asks =
        key.startsWith(KAI_PREFIX)
            && (key.endsWith(".gpu-memory.request") || key.endsWith(".gpu-memory.limit"));
    return !asks && RUNTIMES.stream().anyMatch(key::startsWith);
  }

  /**
   * @param known problems that have been reported already
   */
  static void checkNew(PodView pod, List<String> known, Findings findings) {
    for (Map.Entry<String, String> each : pod.annotations().entrySet()) {
      String key = each.getKey();
      if (isOfRuntime(key)) {
        findings.refuse(
            Kind.ANNOTATION,
            "The annotation "
                + SafeText.of(key)
                + " ("
                + SafeText.of(each.getValue())
                + ") names devices, and only Kerf may.",
            "Leave it out.");
      } else if (isDecision(key) && known.stream().noneMatch(text -> text.contains(key))) {
        findings.refuse(
            Kind.ANNOTATION,
            "The annotation " + SafeText.of(key) + " is written by Kerf when it places the pod.",
            "Leave it out.");
      }
    }
  }

  static void checkChanged(PodView before, PodView after, Findings findings) {
    TreeSet<String> keys = new TreeSet<>(before.annotations().keySet());
    keys.addAll(after.annotations().keySet());
    for (String key : keys) {
      boolean guarded = isDecision(key) || isOfRuntime(key) || key.equals(Annotations.COUNTED);
      String was = before.annotations().get(key);
      String is = after.annotations().get(key);
      boolean same = was == null ? is == null : was.equals(is);
      if (key.equals(Annotations.EVICTABLE) && !same) {
        findings.refuse(
            Kind.CHANGED,
            "The annotation "
                + key
                + " decides which GPUs a pod may use, and cannot change while it uses them.",
            "Leave it as it is, or create the pod anew.");
      } else if (guarded && !same) {
        findings.refuse(
            Kind.CHANGED,
            "The annotation "
                + SafeText.of(key)
                + " decides about devices, and users may not change it.",
            "Leave it as it is; to get other GPUs, create the pod anew.");
      }
    }
  }
}
