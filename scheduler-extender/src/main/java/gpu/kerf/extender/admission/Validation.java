package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.dialect.HamiMigPods;
import gpu.kerf.extender.dialect.InitContainers;
import gpu.kerf.extender.dialect.KerfDialect;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import java.util.Set;

/** Checks a pod of Kerf's scheduler, and reports all errors and warnings together. */
final class Validation {

  private final PodTree pod;
  private final Reading reading;
  private final AdmissionOptions options;
  private final Mutation mutation;
  private final Findings findings = new Findings();
  private final HostRules host;
  private final VolumeRules volumes;

  Validation(PodTree pod, Reading reading, AdmissionOptions options) throws WireException {
    this.pod = pod;
    this.reading = reading;
    this.options = options;
    this.mutation = new Mutation(pod, reading, options, Possibility::ofNothing, TurnPreview.NONE);
    this.host = new HostRules(options.opened(), findings);
    this.volumes = new VolumeRules(pod, options.opened(), findings);
  }

  /**
   * Judges a new pod, but not whether there is a node for it.
   *
   * @param namespace in which it is created
   */
  Findings ofPod(String namespace, ClaimView claims) throws WireException {
    reading.problems().forEach(problem -> findings.refuse(Kind.NONSENSE, problem));
    AnnotationRules.checkNew(pod.view(), reading.problems(), findings);
    host.checkPod(pod);
    boolean sharesMayCome = pod.containers().stream().anyMatch(mutation::mountsDaemon);
    volumes.checkPod(sharesMayCome);
    for (Box box : pod.containers()) {
      check(box);
    }
    checkRuntimeClass();
    warnOfHeldSlots();
    if (asksForGpus() || reading.isNonsense()) {
      ClaimRules.check(namespace, pod.view(), claims, findings);
    }
    if (asksForGpus()) {
      GracePeriodRule.check(pod.view(), options.longestGrace(), findings);
    }
    return findings;
  }

  /** What an init container took stays taken when it has ended. */
  private void warnOfHeldSlots() {
    for (String name : InitContainers.withOwnSlots(pod.view(), reading.demand())) {
      findings.warn(
          "The init container "
              + SafeText.of(name)
              + " has slots of its own, and the pod holds them until it ends itself. Maybe let it"
              + " ask for the same resource as a container after it: then it uses the slots of that"
              + " container.");
    }
    for (PodDemand.Reuse reuse : reading.demand().reuses()) {
      if (reuse.enlarges()) {
        findings.warn(
            "The init container "
                + SafeText.of(reuse.container())
                + " asks for more than the container "
                + SafeText.of(reuse.of())
                + ", whose slots it uses, so these slots are as large as it asks until the pod"
                + " ends.");
      }
    }
  }

  private DaemonAccess access(Box box) {
    return mutation.reachesDaemon(box) ? options.mps() : DaemonAccess.NONE;
  }

  private void check(Box box) throws WireException {
    if (!box.isNamed()) {
      findings.refuse(
          Kind.NONSENSE,
          "The name (" + SafeText.of(box.name()) + ") is no name of a container.",
          "Write lower-case letters, digits and dashes.");
    }
    VariableRules.check(box, mutation.variables(box), findings);
    if (mutation.isNamedByPlugin(box)) {
      VariableRules.checkSources(box, findings);
      checkPluginsCount(box);
    }
    host.checkContainer(box);
    volumes.checkContainer(box, access(box));
    DaemonRules.check(box, mutation.asksForDaemon(box), findings);
    Demand demand = mutation.demand(box);
    if (demand != null && options.mps() != DaemonAccess.NONE && losesShares(demand, box)) {
      findings.warn(
          "The "
              + box
              + " mounts a volume of its own at /dev/shm, so it can have a MIG instance or whole"
              + " GPUs, and no share behind MPS. Leave the volume out if a share will do.");
    }
    if (demand != null && options.mps() == DaemonAccess.NONE && Variables.mayShare(demand)) {
      findings.warn(
          "The "
              + box
              + " may get a share of a GPU that MPS does not wall here (admission.mps: false)."
              + " Maybe ask for kerf.gpu/wall: mig.");
    }
  }

  /** Without the limit the kubelet would not ask the plugin, and the image would decide. */
  private void checkPluginsCount(Box box) {
    if (!box.json().at("/resources/limits").has(HamiMigPods.COUNT)) {
      findings.refuse(
          Kind.INCOMPLETE,
          "The limit "
              + HamiMigPods.COUNT
              + ", which Kerf's mutating webhook adds, is missing in the "
              + box
              + ".",
          "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
    }
  }

  /** Whether it could have a share without its volume at /dev/shm. */
  private boolean losesShares(Demand demand, Box box) throws WireException {
    if (demand.wall() != WallChoice.MIG || !pod.view().annotation(KerfDialect.WALL).isEmpty()) {
      return false;
    }
    for (JsonNode mount : box.mounts()) {
      if (Paths.same(PodTree.text(mount, "mountPath"), MpsPaths.SHM.inside())) {
        return true;
      }
    }
    return false;
  }

  /** Judges the containers that are added to a pod which runs. */
  Findings ofEphemeral(Set<String> known) throws WireException {
    for (Box box : pod.ephemeral()) {
      if (!known.contains(box.name())) {
        VariableRules.check(box, mutation.variables(box), findings);
        host.checkContainer(box);
        volumes.checkContainer(box, DaemonAccess.NONE);
      }
    }
    return findings;
  }

  private boolean asksForGpus() {
    return !reading.demand().containers().isEmpty();
  }

  private void checkRuntimeClass() throws WireException {
    String written = PodTree.text(pod.spec(), "runtimeClassName");
    if (!mutation.needsRuntimeClass() || written.equals(options.runtimeClass())) {
      return;
    }
    if (written.isEmpty()) {
      findings.refuse(
          Kind.INCOMPLETE,
          "The runtime class "
              + options.runtimeClass()
              + ", which Kerf's mutating webhook sets, is missing.",
          "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
    } else {
      findings.warn(
          "The runtime class "
              + SafeText.of(written)
              + " is not "
              + options.runtimeClass()
              + ": GPUs reach the pod only if that runtime hands them out.");
    }
  }
}
