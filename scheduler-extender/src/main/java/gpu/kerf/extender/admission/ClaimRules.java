package gpu.kerf.extender.admission;

import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import java.util.Collection;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Refuses a pod that asks Kerf for GPUs and has a ResourceClaim of GPUs as well, or asks for a
 * resource for which such a claim is made: kube-scheduler's own plugin would choose devices for it
 * beside Kerf, which may give them to another pod at the same time. Claims of other devices, such
 * as network cards, are no matter of Kerf's. What cannot be known yet is let through: filter and
 * bind judge it later.
 */
final class ClaimRules {
  private static final String HINT =
      "Leave one of them out; claims of other devices, such as network cards, may stay.";

  private ClaimRules() {}

  static void check(String namespace, PodView pod, ClaimView claims, Findings findings) {
    if (pod.claimsDevices()) {
      ClaimFinding found = claims.of(namespace, pod.claims());
      refuse("resource claim", found, findings);
    }
    for (String resource : resources(pod)) {
      refuse("resource", claims.ofResource(resource), findings);
    }
  }

  private static void refuse(String what, ClaimFinding found, Findings findings) {
    if (found.kind() != ClaimFinding.Kind.GPUS) {
      return;
    }
    String deviceClass =
        found.deviceClass().isEmpty()
            ? " has GPUs as well."
            : " asks for GPUs (DeviceClass " + SafeText.of(found.deviceClass()) + ") as well.";
    findings.refuse(
        Kind.CLAIM,
        "The pod asks Kerf for GPUs, and its "
            + what
            + " "
            + SafeText.of(found.claim())
            + deviceClass,
        HINT);
  }

  /** The resources of a domain that its containers ask for, each once. */
  private static Collection<String> resources(PodView pod) {
    TreeSet<String> names = new TreeSet<>();
    Stream.concat(pod.containers().stream(), pod.initContainers().stream())
        .map(PodView.Container::resources)
        .forEach(
            each -> {
              names.addAll(each.limits().keySet());
              names.addAll(each.requests().keySet());
            });
    names.removeIf(name -> name.indexOf('/') < 0);
    return names;
  }
}
