package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.wire.WireException;
import java.util.Set;

/**
 * Refuses the fields of a pod that give a container every device of its node: the rules of the pod
 * security level baseline that concern devices, for every namespace. A user namespace ({@code
 * hostUsers: false}) does not loosen them, as it does there.
 */
final class HostRules {

  private static final String ALL_DEVICES =
      " has every GPU of its node, not only those that Kerf gives it.";
  private static final String OUT = "Leave it out.";

  /** Values of {@code type} in a profile that keep the wall which the runtime puts up. */
  private static final Set<String> PROFILES = Set.of("", "RuntimeDefault", "Localhost");

  private static final Set<String> SELINUX_TYPES =
      Set.of("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t");

  private static final String APPARMOR = "container.apparmor.security.beta.kubernetes.io/";

  private final Opened opened;
  private final Findings findings;

  HostRules(Opened opened, Findings findings) {
    this.opened = opened;
    this.findings = findings;
  }

  void checkPod(PodTree pod) throws WireException {
    for (String field : new String[] {"hostPID", "hostIPC"}) {
      if (PodTree.truth(pod.spec(), field)) {
        findings.refuse(
            Kind.PRIVILEGE,
            "The pod shares the node's processes or memory ("
                + field
                + ": true), and with them GPUs of others.",
            OUT);
      }
    }
    if (!PodTree.text(pod.spec(), "nodeName").isEmpty()) {
      findings.refuse(
          Kind.NODE_NAME,
          "The pod names its node (spec.nodeName: "
              + SafeText.of(PodTree.text(pod.spec(), "nodeName"))
              + "), and so passes the scheduler by.",
          "Leave it out; a nodeSelector for kubernetes.io/hostname lets Kerf place it there.");
    }
    checkWalls("pod", PodTree.object(pod.spec(), "securityContext"));
    pod.view().annotations().forEach(this::checkAppArmor);
  }

  /** The way to choose a profile before there was a field for it, which is still obeyed. */
  private void checkAppArmor(String key, String value) {
    boolean walled =
        value.isEmpty() || value.equals("runtime/default") || value.startsWith("localhost/");
    if (key.startsWith(APPARMOR) && !walled) {
      lowered("The annotation " + SafeText.of(key), value, "");
    }
  }

  void checkContainer(Box box) throws WireException {
    JsonNode context = PodTree.object(box.json(), "securityContext");
    if (PodTree.truth(context, "privileged")) {
      findings.refuse(
          Kind.PRIVILEGE,
          "The " + box + " is privileged, so that it" + ALL_DEVICES,
          "Leave privileged out: a container needs no rights to use the GPU that it is given.");
    }
    for (JsonNode capability : PodTree.object(context, "capabilities").path("add")) {
      String name = Opened.plainCapability(capability.asText(""));
      if (!opened.opensCapability(name)) {
        findings.refuse(
            Kind.PRIVILEGE,
            "The "
                + box
                + " has the capability "
                + SafeText.of(name)
                + ", which is not open to GPU pods.",
            "Leave it out; an administrator can open it with admission.capabilities.");
      }
    }
    String proc = PodTree.text(context, "procMount");
    if (!proc.isEmpty() && !proc.equals("Default")) {
      lowered("The procMount", proc, " of the " + box);
    }
    checkWalls(box, context);
  }

  /** What a pod and a container may both choose. */
  private void checkWalls(Object whose, JsonNode context) throws WireException {
    String owner = " of the " + whose;
    for (String field : new String[] {"seccompProfile", "appArmorProfile"}) {
      String type = PodTree.text(PodTree.object(context, field), "type");
      if (!PROFILES.contains(type)) {
        lowered("The " + field, type, owner);
      }
    }
    JsonNode selinux = PodTree.object(context, "seLinuxOptions");
    String type = PodTree.text(selinux, "type");
    if (!SELINUX_TYPES.contains(type)) {
      lowered("The seLinuxOptions.type", type, owner);
    }
    for (String field : new String[] {"user", "role"}) {
      String value = PodTree.text(selinux, field);
      if (!value.isEmpty()) {
        lowered("The seLinuxOptions." + field, value, owner);
      }
    }
    if (PodTree.truth(PodTree.object(context, "windowsOptions"), "hostProcess")) {
      lowered("The windowsOptions.hostProcess", "true", owner);
    }
  }

  private void lowered(String what, String value, String owner) {
    findings.refuse(
        Kind.PRIVILEGE,
        what
            + " ("
            + SafeText.of(value)
            + ")"
            + owner
            + " takes away what keeps the container from the node.",
        OUT);
  }
}
