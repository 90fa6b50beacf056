package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.InitContainers;
import gpu.kerf.extender.dialect.QuotaMemory;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.state.FleetSnapshot;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.PodDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers the API server about pods before they are stored: what Kerf adds to a pod, and whether
 * the pod is allowed. It does not change or refuse pods of other schedulers, except pods of {@link
 * AdmissionOptions#aliases} that ask for GPUs.
 *
 * <p>One thread at a time, which need not be the one that owns the scheduling: it reads snapshots
 * of the fleet. It sends no request and keeps no state about pods.
 */
public final class Admission {

  private final Dialects dialects;
  private final Supplier<FleetSnapshot> fleet;
  private final AdmissionOptions options;
  private final TurnPreview turns;
  private final ClaimView claims;
  private FleetSnapshot known = FleetSnapshot.EMPTY;
  private Possibility possibility = new Possibility(known);

  /**
   * @param fleet gives the latest snapshot, the same object while nothing has changed
   */
  public Admission(
      Dialects dialects,
      Supplier<FleetSnapshot> fleet,
      AdmissionOptions options,
      TurnPreview turns,
      ClaimView claims) {
    this.dialects = dialects;
    this.fleet = fleet;
    this.options = options;
    this.turns = turns;
    this.claims = claims;
  }

  /** Where no pod waits for its turn, and none has ResourceClaims of GPUs. */
  public Admission(Dialects dialects, Supplier<FleetSnapshot> fleet, AdmissionOptions options) {
    this(dialects, fleet, options, TurnPreview.NONE, ClaimView.NONE);
  }

  @SuppressWarnings("ReferenceEquality") // A snapshot is replaced and never changed.
  private Possibility possibility() {
    FleetSnapshot latest = fleet.get();
    if (latest != known) {
      known = latest;
      possibility = new Possibility(latest);
    }
    return possibility;
  }

  /** Of what a pod, or what it was before, has too much; null if of nothing. */
  private static @Nullable PodProblem excess(Review review) {
    PodProblem now = Bounds.problem(review.object());
    return now != null ? now : Bounds.problem(review.before());
  }

  /** Whether a pod is of Kerf's or of an alias, or none that could be read. */
  private boolean concerns(JsonNode pod) {
    JsonNode scheduler = pod.path("spec").path("schedulerName");
    return !scheduler.isTextual()
        || scheduler.textValue().equals(options.scheduler())
        || options.aliases().contains(scheduler.textValue());
  }

  private boolean isOfAlias(JsonNode pod) {
    return options.aliases().contains(pod.path("spec").path("schedulerName").asText(""));
  }

  /**
   * What both webhooks together would say of a new pod.
   *
   * @param pod its manifest; it is not changed
   */
  public Answer preview(ObjectNode pod) throws WireException {
    ObjectNode copy = pod.deepCopy();
    copy.withObject("/metadata");
    Answer added = mutate(created(copy));
    Patch patch = added.patch();
    if (patch != null) {
      patch.applyTo(copy);
    }
    Answer judged = added.isAllowed() ? validate(created(copy)) : added;
    List<String> warnings = new ArrayList<>(added.warnings());
    warnings.addAll(added.isAllowed() ? judged.warnings() : List.of());
    return new Answer(judged.problems(), warnings, null);
  }

  private static Review created(ObjectNode pod) {
    String namespace = pod.path("metadata").path("namespace").asText("");
    return new Review("preview", "CREATE", "pods", "", namespace, pod, MissingNode.getInstance());
  }

  /** What is added. */
  public Answer mutate(Review review) throws WireException {
    if (!concerns(review.object())) {
      return Answer.ALLOWED;
    }
    PodProblem excess = excess(review);
    if (excess != null) {
      return isOfAlias(review.object()) ? Answer.ALLOWED : Answer.refused(excess);
    }
    if (review.createsPod()) {
      return mutatePod(PodTree.of(review.object()));
    }
    if (review.addsContainers()) {
      PodTree pod = PodTree.of(review.object());
      return isOurs(pod)
          ? Answer.with(mutation(pod, Reading.NOTHING).ofEphemeral(ephemeralNames(review.before())))
          : Answer.ALLOWED;
    }
    return Answer.ALLOWED;
  }

  private Answer mutatePod(PodTree pod) throws WireException {
    boolean alias = options.aliases().contains(pod.view().schedulerName());
    if (!alias && !isOurs(pod)) {
      return Answer.ALLOWED;
    }
    Reading reading = dialects.read(pod.view());
    if (!alias) {
      return Answer.with(mutation(pod, reading).ofPod());
    }
    boolean asks = !reading.dialect().isEmpty() && !pod.view().isBound();
    return asks
        ? new Answer(List.of(), List.of(renamed(pod)), mutation(pod, reading).ofPod())
        : Answer.ALLOWED;
  }

  private String renamed(PodTree pod) {
    return "The pod asks for GPUs, which Kerf gives here: its schedulerName is now "
        + options.scheduler()
        + " instead of "
        + SafeText.of(pod.view().schedulerName())
        + ".";
  }

  private Mutation mutation(PodTree pod, Reading reading) {
    return new Mutation(pod, reading, options, this::possibility, turns);
  }

  private boolean isOurs(PodTree pod) {
    return pod.view().schedulerName().equals(options.scheduler());
  }

  /** Whether it may be. */
  public Answer validate(Review review) throws WireException {
    if (!concerns(review.object())) {
      return Answer.ALLOWED;
    }
    PodProblem excess = excess(review);
    if (excess != null) {
      return Answer.refused(excess);
    }
    if (review.createsPod()) {
      return validatePod(PodTree.of(review.object()), review.namespace());
    }
    if (review.addsContainers()) {
      PodTree pod = PodTree.of(review.object());
      Validation validation = new Validation(pod, Reading.NOTHING, options);
      return isOurs(pod)
          ? Answer.of(validation.ofEphemeral(ephemeralNames(review.before())))
          : Answer.ALLOWED;
    }
    return review.changesPod() ? validateChange(review) : Answer.ALLOWED;
  }

  private Answer validatePod(PodTree pod, String namespace) throws WireException {
    if (!isOurs(pod)) {
      return Answer.ALLOWED;
    }
    Reading reading = dialects.read(pod.view());
    Findings findings = new Validation(pod, reading, options).ofPod(namespace, claims);
    checkCounted(pod, reading, findings);
    checkQuotaMemory(pod, reading, findings);
    if (!reading.isNonsense()) {
      checkPossible(reading.demand(), findings);
    }
    return Answer.of(findings);
  }

  /** A pod that was not counted, or of another size of GPU than the smallest, slips past quota. */
  private void checkCounted(PodTree pod, Reading reading, Findings findings) throws WireException {
    if (reading.isNonsense()
        || reading.demand().containers().isEmpty()
        || reading.dialect().equals(Mutation.OWN_DIALECT)) {
      return;
    }
    String right = mutation(pod, reading).mark();
    if (!right.equals(pod.view().annotation(Annotations.COUNTED))) {
      findings.refuse(
          Kind.INCOMPLETE,
          "The annotation kerf.gpu/counted is not "
              + right
              + ", which Kerf's mutating webhook writes.",
          "Leave it out, and check that the MutatingWebhookConfiguration of Kerf asks about this"
              + " namespace.");
    }
  }

  /** What a container could hold beyond what was counted slips past quota. */
  private void checkQuotaMemory(PodTree pod, Reading reading, Findings findings) {
    if (!options.quotaMemory() || reading.isNonsense()) {
      return;
    }
    Map<String, Integer> most = mutation(pod, reading).mostMiB();
    for (PodDemand.Container each : reading.demand().containers()) {
      int mib = most.getOrDefault(each.name(), 0);
      if (!isCounted(pod, each, mib)) {
        findings.refuse(
            Kind.INCOMPLETE,
            uncounted(each, mib),
            mib == 0
                ? "Create the pod again when the node is there."
                : "Leave it out, and check that the MutatingWebhookConfiguration of Kerf asks about"
                    + " this namespace.");
      }
    }
    for (String init : InitContainers.beyondOneCount(pod.view(), reading.demand())) {
      findings.refuse(
          Kind.INCOMPLETE,
          "Quota cannot count init container "
              + init
              + " (admission.quotaMemory): Kubernetes counts it or the containers after it, and the"
              + " pod would hold the slots of both.",
          "Let both ask for whole GPUs, or both for memory, and the init container for no more:"
              + " then it uses the slots of the other one.");
    }
  }

  private static boolean isCounted(PodTree pod, PodDemand.Container asking, int mib) {
    return Stream.concat(pod.view().containers().stream(), pod.view().initContainers().stream())
        .filter(each -> each.name().equals(asking.name()))
        .allMatch(each -> QuotaMemory.isRight(each, asking.demand(), mib));
  }

  private static String uncounted(PodDemand.Container asking, int mib) {
    return mib == 0
        ? "Quota cannot count container "
            + asking.name()
            + " (admission.quotaMemory): no managed GPU is known that could hold it."
        : "The "
            + QuotaMemory.RESOURCE
            + " of container "
            + asking.name()
            + " is not "
            + (long) mib * asking.demand().gpus()
            + "Mi, which Kerf's mutating webhook writes.";
  }

  private void checkPossible(PodDemand demand, Findings findings) {
    Possibility answers = possibility();
    PodProblem impossible = answers.problem(demand);
    if (impossible == null) {
      return;
    }
    if (options.refusesImpossible() && answers.isSure()) {
      findings.refuse(impossible.kind(), impossible.what(), impossible.hint());
    } else {
      findings.warn(impossible.toString());
    }
  }

  private Answer validateChange(Review review) throws WireException {
    PodTree before = PodTree.of(review.before());
    PodTree after = PodTree.of(review.object());
    if (!isOurs(before)) {
      return Answer.ALLOWED;
    }
    Findings findings = new Findings();
    AnnotationRules.checkChanged(before.view(), after.view(), findings);
    if (!before.view().isBound() && !after.view().isBound()) {
      checkSameDemand(before, after, findings);
    }
    return Answer.of(findings);
  }

  /** What was added to a pod, and what quota counted, belong to what it asked when it came. */
  private void checkSameDemand(PodTree before, PodTree after, Findings findings) {
    Reading asked = dialects.read(before.view());
    Reading asks = dialects.read(after.view());
    if (!asked.isNonsense() && !asked.demand().served().equals(asks.demand().served())) {
      findings.refuse(
          Kind.CHANGED,
          "The annotations change what the pod asks of GPUs, and it has been counted and prepared"
              + " for what it asked before.",
          "Create the pod anew.");
    }
  }

  private static Set<String> ephemeralNames(JsonNode before) throws WireException {
    return PodTree.of(before).ephemeral().stream().map(Box::name).collect(Collectors.toSet());
  }
}
