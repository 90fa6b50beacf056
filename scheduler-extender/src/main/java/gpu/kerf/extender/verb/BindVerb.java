package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.delivery.DeliveryRequest;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.DecisionDraft;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.SlotDevice;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a pod on the node that kube-scheduler chose: picks its slots again, takes them in the
 * ledger, and writes nodeName and annotations in one transaction.
 *
 * <pre>
 *   the cluster says        and of the pod it says            so
 *   bound                                                     confirm, answer bound
 *   not found, refused                                        release, answer an error
 *   conflict, nothing       bound here                        confirm what is written, answer bound
 *                           bound elsewhere                   hold what is written, answer an error
 *                           gone, or of another uid           release, answer an error
 *   conflict                not bound                         release, answer an error
 *   nothing                 not bound, or nothing             hold: the binding may yet arrive
 * </pre>
 *
 * <p>A pod is bound once at a time: a second call for the same node gets the first one's answer.
 */
public final class BindVerb {
  private static final Logger LOG = LoggerFactory.getLogger(BindVerb.class);

  /** The reason of the event that tells users what their pod got. */
  private static final String PLACED = "Placed";

  /** After this time the API server has given up every request that it had not answered. */
  private static final long SURE_AFTER_MILLIS = 65_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final DecisionGate gate;
  private final Delivery delivery;
  private final SlotTaking taking;
  private final GangStarts starts;
  private final Turns turns;
  private final GangBinding gangs;
  private final Map<String, Call> calls = new HashMap<>();
  private final Map<String, CatchingUp> catchingUp = new HashMap<>();
  private final Map<String, Unsure> unsure = new LinkedHashMap<>();

  /**
   * One binding on its way.
   *
   * @param term in which it was decided
   * @param extra annotations beside those of the delivery
   */
  private record Call(
      DeliveryRequest request,
      Map<String, String> extra,
      DecisionDraft decision,
      long term,
      CompletableFuture<BindAnswer> answer) {
    PodView.Ref pod() {
      return request.pod();
    }

    Placement placement() {
      return request.placement();
    }

    String node() {
      return placement().node();
    }
  }

  /** A call that waits until all is known: what others may have bound, or what the pod claims. */
  private record CatchingUp(String node, CompletableFuture<BindAnswer> answer) {}

  /** A binding that may or may not have been carried out. */
  private record Unsure(DeliveryRequest request, long since) {
    PodView.Ref pod() {
      return request.pod();
    }
  }

  public BindVerb(Scheduling scheduling, Cluster cluster, Delivery delivery) {
    this(
        scheduling,
        cluster,
        delivery,
        new GangStarts(scheduling, cluster, new Gangs(), () -> true),
        Turns.none(scheduling, cluster));
  }

  public BindVerb(
      Scheduling scheduling, Cluster cluster, Delivery delivery, GangStarts starts, Turns turns) {
    this.turns = turns;
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.gate = new DecisionGate(scheduling, cluster);
    this.delivery = delivery;
    this.taking = new SlotTaking(scheduling);
    this.starts = starts;
    this.gangs = new GangBinding(scheduling, cluster, starts, taking, this::bindInGang);
  }

  public CompletionStage<BindAnswer> bind(BindCall call) {
    tick();
    Call running = calls.get(call.pod().uid());
    if (running != null) {
      return running.node().equals(call.node())
          ? running.answer
          : CompletableFuture.completedFuture(new BindAnswer(VerbError.HELD_ELSEWHERE));
    }
    CatchingUp waiting = catchingUp.get(call.pod().uid());
    if (waiting != null) {
      return waiting.node.equals(call.node())
          ? waiting.answer
          : CompletableFuture.completedFuture(new BindAnswer(VerbError.BEHIND));
    }
    CompletionStage<BindAnswer> repeated = gangs.barrier().repeated(call);
    if (repeated != null) {
      return repeated;
    }
    KnownPod pod = scheduling.pods().get(call.pod().uid());
    return pod != null && pod.claimsBesideGpus() && !isTaken(pod.uid())
        ? judged(call, pod)
        : current(call);
  }

  private CompletionStage<BindAnswer> current(BindCall call) {
    return cluster.upToDate() ? decided(call) : catchUp(call);
  }

  /** Whether an earlier call has taken slots for a pod, and judged what it claims. */
  private boolean isTaken(String uid) {
    Entry entry = scheduling.ledger().entry(uid);
    return entry != null && entry.state() != Entry.State.PROPOSED;
  }

  /**
   * A pod with ResourceClaims of its own: kube-scheduler has allocated them by now, and that they
   * are no GPUs must be known.
   */
  private CompletionStage<BindAnswer> judged(BindCall call, KnownPod pod) {
    String namespace = pod.holder().namespace();
    ClaimFinding known = cluster.claimsOf(namespace, pod.claims());
    if (known.kind() != ClaimFinding.Kind.UNKNOWN) {
      return judged(call, known);
    }
    CompletableFuture<BindAnswer> answer = new CompletableFuture<>();
    catchingUp.put(pod.uid(), new CatchingUp(call.node(), answer));
    scheduling.whenDone(
        () -> cluster.settledClaimsOf(namespace, pod.claims()),
        (finding, failure) -> {
          catchingUp.remove(pod.uid());
          judged(call, finding).thenAccept(answer::complete);
        });
    return answer;
  }

  private CompletionStage<BindAnswer> judged(BindCall call, @Nullable ClaimFinding finding) {
    ClaimFinding.Kind kind = finding == null ? ClaimFinding.Kind.UNKNOWN : finding.kind();
    return switch (kind) {
      case NO_GPUS -> current(call);
      case GPUS -> refused(call, VerbError.CLAIM_OF_GPUS);
      case UNKNOWN -> refused(call, VerbError.CLAIM_UNKNOWN);
    };
  }

  private CompletionStage<BindAnswer> refused(BindCall call, VerbError error) {
    return failed(error, scheduling.deciding(Decision.Verb.BIND, call.pod()));
  }

  /** The caller has gone without an answer. A call that only waits for others is dropped. */
  public void hungUp(BindCall call) {
    gangs.barrier().hungUp(call);
  }

  /** Another replica may have bound pods of which this one has not heard yet. */
  private CompletionStage<BindAnswer> catchUp(BindCall call) {
    CompletableFuture<BindAnswer> answer = new CompletableFuture<>();
    catchingUp.put(call.pod().uid(), new CatchingUp(call.node(), answer));
    scheduling.whenDone(
        () -> cluster.catchUp(call.node(), call.pod()),
        (ready, failure) -> {
          catchingUp.remove(call.pod().uid());
          CompletionStage<BindAnswer> end =
              ready == BindReadiness.READY
                  ? decided(call)
                  : failed(notReady(ready), scheduling.deciding(Decision.Verb.BIND, call.pod()));
          end.thenAccept(answer::complete);
        });
    return answer;
  }

  private static VerbError notReady(@Nullable BindReadiness readiness) {
    if (readiness == null) {
      return VerbError.BEHIND;
    }
    return switch (readiness) {
      case READY, BEHIND -> VerbError.BEHIND;
      case ANOTHER_BINDS -> VerbError.ANOTHER_BINDS;
      case NO_LEASE -> VerbError.NO_LEASE;
    };
  }

  private CompletionStage<BindAnswer> decided(BindCall call) {
    DecisionDraft decision = scheduling.deciding(Decision.Verb.BIND, call.pod());
    try {
      return decide(call, decision);
    } catch (RuntimeException | StackOverflowError e) {
      LOG.atError().addKeyValue(LogKeys.UID, call.pod().uid()).setCause(e).log("A bind failed.");
      return failed(call, VerbError.INTERNAL, decision);
    }
  }

  private CompletionStage<BindAnswer> decide(BindCall call, DecisionDraft decision) {
    VerbError refusal = gate.refusal();
    if (refusal != null) {
      return failed(refusal, decision);
    }
    Entry entry = scheduling.ledger().entry(call.pod().uid());
    if (entry != null && entry.state() != Entry.State.PROPOSED) {
      return again(call, entry, decision);
    }
    KnownPod pod = scheduling.pods().get(call.pod().uid());
    if (pod != null && !pod.isPending()) {
      return pod.node().equals(call.node())
          ? bound(new Placement(call.node(), List.of(), 0, 0), decision)
          : failed(VerbError.POD_ELSEWHERE, decision);
    }
    Gang gang = starts.waitsFor(call.pod().uid());
    return gang == null ? first(call, decision) : gangs.bind(gang, call);
  }

  private CompletionStage<BindAnswer> first(BindCall call, DecisionDraft decision) {
    KnownPod pod = scheduling.pods().get(call.pod().uid());
    if (pod != null && !turns.mayBind(pod)) {
      return failed(VerbError.NOT_YOUR_TURN, decision);
    }
    SlotTaking.Result result = taking.take(call);
    return result.verbError() != null
        ? failed(call, result.verbError(), decision)
        : write(call.pod(), result.placement(), Map.of(), decision);
  }

  private CompletionStage<BindAnswer> bindInGang(
      BindCall call, Placement placement, Map<String, String> annotations) {
    DecisionDraft decision = scheduling.deciding(Decision.Verb.BIND, call.pod());
    return write(call.pod(), placement, annotations, decision);
  }

  /** The pod holds slots from an earlier call. */
  private CompletionStage<BindAnswer> again(BindCall call, Entry entry, DecisionDraft decision) {
    boolean here = entry.placement().node().equals(call.node());
    if (entry.state() == Entry.State.QUARANTINED) {
      return failed(VerbError.POD_GONE, decision);
    }
    if (entry.state() == Entry.State.BOUND) {
      return here ? bound(entry.placement(), decision) : failed(VerbError.POD_ELSEWHERE, decision);
    }
    if (!here) {
      return failed(VerbError.HELD_ELSEWHERE, decision);
    }
    // Its slots may have been given to another pod since; its end will be known by and by.
    return isDisputed(call.node())
        ? failed(VerbError.BIND_UNSURE, decision)
        : write(call.pod(), entry.placement(), Map.of(), decision);
  }

  private boolean isDisputed(String node) {
    for (Conflict conflict : scheduling.ledger().conflicts()) {
      if (conflict.entry().placement().node().equals(node)) {
        return true;
      }
    }
    return false;
  }

  private CompletionStage<BindAnswer> failed(
      BindCall call, VerbError error, DecisionDraft decision) {
    remember(call.pod().uid(), call.node(), error);
    return failed(error, decision);
  }

  /** The next filter steers the pod to another node, if the fault may be the node's. */
  private void remember(String uid, String node, VerbError error) {
    switch (error) {
      case NO_SLOT,
          NODE_UNKNOWN,
          NODE_BUSY,
          INSTANCE_ENDING,
          NODE_LOCK,
          BIND_REFUSED,
          CLAIM_REFUSED,
          CLAIM_OVER_QUOTA,
          CLAIM_FORBIDDEN,
          CLAIM_DROPPED,
          CLAIM_OF_ANOTHER,
          CLAIM_OVERLAPS,
          DEVICE_CLASS,
          INTERNAL ->
          scheduling.failedBinds().failed(uid, node, scheduling.elapsedMillis());
      default -> {
        // The same on every node, or it has to go to this one.
      }
    }
  }

  private CompletionStage<BindAnswer> failed(VerbError error, DecisionDraft decision) {
    scheduling.decided(decision.failed(error));
    return CompletableFuture.completedFuture(new BindAnswer(error));
  }

  private CompletionStage<BindAnswer> bound(Placement placement, DecisionDraft decision) {
    scheduling.decided(decision.placed(new Decision.Choice(placement.node(), null, placement), 1));
    return CompletableFuture.completedFuture(BindAnswer.BOUND);
  }

  private CompletionStage<BindAnswer> write(
      PodView.Ref pod, Placement placement, Map<String, String> extra, DecisionDraft decision) {
    KnownPod known = scheduling.pods().get(pod.uid());
    List<PodDemand.Reuse> reuses = known == null ? List.of() : known.demand().reuses();
    DeliveryRequest request = new DeliveryRequest(pod, placement, reuses, spec(placement.node()));
    Call call =
        new Call(request, extra, decision, cluster.bindingTerm(), new CompletableFuture<>());
    calls.put(pod.uid(), call);
    boolean maybeBound = unsure.remove(pod.uid()) != null;
    CompletableFuture<Delivery.Prepared> ready = prepare(request);
    if (ready.isDone() && !ready.isCompletedExceptionally()) {
      finishing(call, () -> prepared(call, maybeBound, ready.join()));
    } else {
      scheduling.whenDone(
          () -> ready,
          (prepared, failure) -> finishing(call, () -> prepared(call, maybeBound, prepared)));
    }
    return call.answer;
  }

  private CompletableFuture<Delivery.Prepared> prepare(DeliveryRequest request) {
    try {
      return delivery.prepare(request).toCompletableFuture();
    } catch (RuntimeException | StackOverflowError e) {
      LOG.atError().addKeyValue(LogKeys.UID, request.pod().uid()).setCause(e).log("A bind failed.");
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Does a step of a call. If the step throws, the call still gets an answer; its slots stay held
   * until the API server has said what became of the pod.
   */
  private void finishing(Call call, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | StackOverflowError e) {
      LOG.atError().addKeyValue(LogKeys.UID, call.pod().uid()).setCause(e).log("A bind failed.");
      if (calls.containsKey(call.pod().uid())) {
        calls.remove(call.pod().uid());
        unsure.put(call.pod().uid(), new Unsure(call.request, scheduling.elapsedMillis()));
      }
      remember(call.pod().uid(), call.node(), VerbError.INTERNAL);
      call.answer.complete(new BindAnswer(VerbError.INTERNAL));
    }
  }

  private NodeSpec spec(String name) {
    NodeState node = scheduling.fleet().node(name);
    return node == null ? NodeSpec.of(name, List.of()) : node.spec();
  }

  /** Slots that an earlier call may have bound stay held, for every outcome of this call. */
  private void prepared(Call call, boolean maybeBound, Delivery.@Nullable Prepared prepared) {
    VerbError error = prepared == null ? VerbError.NODE_LOCK : prepared.verbError();
    if (prepared != null && error == null && !isCurrent(call.request)) {
      error = VerbError.NO_SLOT;
    }
    if (error == null && cluster.bindingTerm() != call.term) {
      error = VerbError.ANOTHER_BINDS;
    }
    if (prepared != null && error == null) {
      send(call, prepared.annotations());
    } else if (maybeBound || error == VerbError.CLAIM_UNSURE) {
      hold(call);
    } else {
      scheduling.ledger().release(call.pod().uid());
      if (prepared != null && prepared.verbError() == null) {
        delivery.undo(call.request);
      }
      finish(call, error == null ? VerbError.INTERNAL : error);
    }
  }

  /** What was prepared names GPUs and devices as they were when it was decided. */
  private boolean isCurrent(DeliveryRequest request) {
    NodeSpec now = spec(request.node().name());
    return request.node().gpus().equals(now.gpus())
        && Objects.equals(request.node().devices(), now.devices());
  }

  private void send(Call call, Map<String, String> annotations) {
    Map<String, String> all = new LinkedHashMap<>(annotations);
    all.putAll(call.extra);
    Entry entry = scheduling.ledger().entry(call.pod().uid());
    if (entry != null && !call.placement().containers().isEmpty()) {
      // Of an earlier call, if the slots were taken then.
      all.put(Annotations.HELD_SINCE, Long.toString(entry.since()));
    }
    Binding binding = new Binding(call.pod(), call.node(), all);
    scheduling.whenDone(
        () -> cluster.bind(binding),
        (result, failure) ->
            finishing(
                call,
                () -> settle(call, failure == null && result != null ? result : unknown(failure))));
  }

  private static BindResult unknown(@Nullable Throwable failure) {
    return new BindResult(BindResult.Kind.UNKNOWN, String.valueOf(failure));
  }

  private void settle(Call call, BindResult result) {
    switch (result.kind()) {
      case BOUND -> confirm(call);
      case NOT_FOUND -> release(call, VerbError.POD_GONE);
      case REFUSED -> release(call, VerbError.BIND_REFUSED);
      case CONFLICT, UNKNOWN ->
          scheduling.whenDone(
              () -> said(call.pod()),
              (said, failure) -> finishing(call, () -> believe(call, result.kind(), said)));
    }
  }

  /** What the API server says of a pod; none if it knows no such pod. */
  private record Said(@Nullable PodView pod) {}

  private CompletionStage<Said> said(PodView.Ref pod) {
    return cluster.read(pod).thenApply(found -> new Said(found.orElse(null)));
  }

  /** What the API server says of the pod decides; null if it says nothing. */
  private void believe(Call call, BindResult.Kind kind, @Nullable Said said) {
    if (said == null) {
      hold(call);
      return;
    }
    PodView pod = said.pod;
    if (pod == null || !pod.uid().equals(call.pod().uid())) {
      release(call, VerbError.POD_GONE);
    } else if (pod.isBound()) {
      if (!scheduling.podRead(pod)) {
        release(call, VerbError.POD_GONE);
      } else if (pod.nodeName().equals(call.node())) {
        confirm(call);
      } else {
        delivery.undo(call.request);
        finish(call, VerbError.POD_ELSEWHERE);
      }
    } else if (kind == BindResult.Kind.CONFLICT) {
      release(call, VerbError.BIND_CONFLICT);
    } else {
      hold(call);
    }
  }

  private void confirm(Call call) {
    scheduling.ledger().confirm(call.pod().uid(), scheduling.wallMillis());
    scheduling.pods().bound(call.pod().uid(), call.node(), scheduling.wallMillis());
    calls.remove(call.pod().uid());
    scheduling.failedBinds().forget(call.pod().uid());
    Decision decision =
        scheduling.decided(
            call.decision.placed(new Decision.Choice(call.node(), null, call.placement()), 1));
    if (!call.placement().containers().isEmpty()) {
      String text = decision.why() + devices(call.request);
      cluster.event(new PodEvent(call.pod(), false, PLACED, text));
    }
    call.answer.complete(BindAnswer.BOUND);
  }

  /** The names of the devices; empty where none is handed out by another program's name. */
  private static String devices(DeliveryRequest request) {
    DriverDevices devices = request.node().devices();
    if (devices == null) {
      return "";
    }
    return request.placement().slots().stream()
        .map(slot -> String.valueOf(SlotDevice.of(slot, devices)))
        .collect(Collectors.joining(", ", " (device ", ")"));
  }

  private void release(Call call, VerbError error) {
    scheduling.ledger().release(call.pod().uid());
    delivery.undo(call.request);
    finish(call, error);
  }

  private void hold(Call call) {
    unsure.put(call.pod().uid(), new Unsure(call.request, scheduling.elapsedMillis()));
    finish(call, VerbError.BIND_UNSURE);
  }

  private void finish(Call call, VerbError error) {
    calls.remove(call.pod().uid());
    remember(call.pod().uid(), call.node(), error);
    scheduling.decided(call.decision.failed(error));
    call.answer.complete(new BindAnswer(error));
  }

  /** Asks again about bindings with an unknown result, after they can no longer arrive. */
  public void tick() {
    gangs.barrier().tick();
    long now = scheduling.elapsedMillis();
    for (Unsure one : List.copyOf(unsure.values())) {
      Entry entry = scheduling.ledger().entry(one.pod().uid());
      if (entry == null || entry.state() != Entry.State.BINDING) {
        unsure.remove(one.pod().uid());
      } else if (now - one.since >= SURE_AFTER_MILLIS) {
        unsure.put(one.pod().uid(), new Unsure(one.request, now));
        scheduling.whenDone(() -> said(one.pod()), (said, failure) -> resolve(one, said));
      }
    }
  }

  private void resolve(Unsure one, @Nullable Said said) {
    Entry entry = scheduling.ledger().entry(one.pod().uid());
    boolean settled = calls.containsKey(one.pod().uid()) || !unsure.containsKey(one.pod().uid());
    if (settled || said == null || entry == null) {
      return;
    }
    unsure.remove(one.pod().uid());
    PodView pod = said.pod;
    if (pod != null && pod.uid().equals(one.pod().uid()) && pod.isBound()) {
      scheduling.podRead(pod);
    } else if (entry.state() == Entry.State.BINDING) {
      scheduling.ledger().release(one.pod().uid());
      delivery.undo(one.request);
    }
  }

  /** How many bind calls of gangs wait for others. */
  public int waiting() {
    return gangs.barrier().size();
  }

  /** How many bindings are on their way. */
  public int inFlight() {
    return calls.size();
  }
}
