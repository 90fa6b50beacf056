package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.admission.Problem.Kind;
import gpu.kerf.extender.wire.WireException;
import java.util.Locale;
import java.util.Set;

/** What lets a container have every device of its node, whatever it was given. */
final class HostRules {

  private static final String ALL_DEVICES = " has every GPU of its node, whatever Kerf gives it.";

  private static final Set<String> CAPABILITIES =
      Set.of("ALL", "SYS_ADMIN", "SYS_RAWIO", "SYS_MODULE", "BPF", "SYS_BOOT");

  private HostRules() {}

  static void checkPod(PodTree pod, Findings findings) throws WireException {
    for (String field : new String[] {"hostPID", "hostIPC"}) {
      if (PodTree.truth(pod.spec(), field)) {
        findings.refuse(
            Kind.PRIVILEGE,
            "The pod shares the node's processes or memory ("
                + field
                + ": true), and with them GPUs of others.",
            "Leave it out.");
      }
    }
    if (!PodTree.text(pod.spec(), "nodeName").isEmpty()) {
      findings.refuse(
          Kind.NODE_NAME,
          "The pod names its node (spec.nodeName: "
              + Shown.of(PodTree.text(pod.spec(), "nodeName"))
              + "), and so passes the scheduler by.",
          "Leave it out; a nodeSelector for kubernetes.io/hostname lets Kerf place it there.");
    }
    if (!PodTree.objects(pod.spec(), "resourceClaims", "spec").isEmpty()) {
      findings.refuse(
          Kind.CLAIM,
          "The pod has resource claims (spec.resourceClaims), and Kerf allocates none yet.",
          "Ask with kerf.gpu/memory or kerf.gpu/whole among the limits of a container.");
    }
  }

  static void checkContainer(Box box, Findings findings) throws WireException {
    JsonNode context = PodTree.object(box.json(), "securityContext");
    if (PodTree.truth(context, "privileged")) {
      findings.refuse(
          Kind.PRIVILEGE,
          "The " + box + " is privileged, so that it" + ALL_DEVICES,
          "Leave privileged out: a container needs no rights to use the GPU that it is given.");
    }
    JsonNode added = PodTree.object(context, "capabilities").path("add");
    for (JsonNode capability : added) {
      String name = capability.asText("").toUpperCase(Locale.ROOT);
      String plain = name.startsWith("CAP_") ? name.substring("CAP_".length()) : name;
      if (CAPABILITIES.contains(plain)) {
        findings.refuse(
            Kind.PRIVILEGE,
            "The " + box + " has the capability " + plain + ", so that it" + ALL_DEVICES,
            "Leave the capability out.");
      }
    }
  }
}
