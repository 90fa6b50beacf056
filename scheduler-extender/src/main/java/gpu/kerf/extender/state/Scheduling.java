package gpu.kerf.extender.state;

import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.NodeNames;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The state that the verbs read and change: the fleet and its ledger, the pods, the prices that are
 * learned from them, and the latest decisions.
 *
 * <p>One thread owns it, and every object that it returns. That thread also runs the tasks that are
 * handed to {@link #loop}.
 */
public final class Scheduling implements ClusterListener {

  private final Dialects dialects;
  private final Clocks clocks;
  private final Executor loop;
  private final Ledger ledger = new Ledger();
  private final Chooser chooser = new Chooser(ledger.fleet());
  private final NodeNames names = new NodeNames();
  private final KnownPods pods = new KnownPods();
  private final Decisions decisions = new Decisions();
  private final Proposals proposals = new Proposals(ledger);
  private final HeldPlaces held = new HeldPlaces(ledger, proposals, () -> elapsedMillis());
  private final Demands demands = new Demands(ledger.fleet());
  private final LedgerSync watch = new LedgerSync(ledger);
  private final FailedBinds failedBinds = new FailedBinds();
  private final EndedPods ended = new EndedPods();
  private final Map<String, Quarantined> quarantined = new HashMap<>();
  private final Map<String, NodeRules> nodeRules = new HashMap<>();
  private Policy policy = Policy.defaults();
  private final List<BiConsumer<PodView.Ref, String>> evictionListeners = new ArrayList<>();
  private boolean renewalComes;

  /**
   * @param loop runs things later on the thread that owns this
   */
  public Scheduling(Dialects dialects, Clocks clocks, Executor loop) {
    this.dialects = dialects;
    this.clocks = clocks;
    this.loop = loop;
  }

  @Override
  public void nodeChanged(NodeSpec node) {
    ledger.putNode(node);
    names.put(node.name(), fleet().indexOf(node.name()));
    if (placer().prices().models() < fleet().models().size()) {
      // A model without prices would be looked up in vain by the next decision.
      chooser.renew();
    }
    watch.nodeChanged(node);
    failedBinds.nodeChanged(node.name());
  }

  @Override
  public void nodeUnusable(String name, String problem) {
    nodeRemoved(name);
    watch.nodeUnusable(name, problem);
  }

  @Override
  public void nodeRulesChanged(String name, NodeRules rules) {
    nodeRules.put(name, rules);
  }

  /** What kube-scheduler's own filters read of a node; null where that is not known. */
  public @Nullable NodeRules nodeRules(String node) {
    return nodeRules.get(node);
  }

  @Override
  public void nodeRemoved(String name) {
    nodeRules.remove(name);
    ledger.removeNode(name);
    names.remove(name);
    watch.nodeRemoved(name);
  }

  @Override
  public void podChanged(PodView pod) {
    ended.isBack(pod.uid());
    watch.podChanged(seen(pod), pod);
    if (pod.phase() == PodView.Phase.OVER) {
      forget(pod.uid());
    }
  }

  /**
   * A read shows a pod; false if its end has been heard of already, so that the read is older. What
   * the watch tells goes to {@link #podChanged}.
   */
  public boolean podRead(PodView pod) {
    if (ended.contains(pod.uid())) {
      return false;
    }
    podChanged(pod);
    return true;
  }

  private void forget(String uid) {
    pods.remove(uid);
    failedBinds.forget(uid);
    ended.ended(uid, elapsedMillis());
  }

  @Override
  public void podEnded(String uid) {
    forget(uid);
    quarantined.remove(uid);
    watch.podEnded(uid);
  }

  @Override
  public void podQuarantined(String uid, Quarantined hold) {
    forget(uid);
    quarantined.put(uid, hold);
    watch.podQuarantined(uid);
  }

  /** How long the slots of a quarantined pod are held; null if it is not quarantined. */
  public @Nullable Quarantined quarantined(String uid) {
    return quarantined.get(uid);
  }

  @Override
  public void gpusUnusable(String node, long gpus) {
    watch.gpusUnusable(node, gpus);
  }

  @Override
  public void partsClaimed(String node, List<ForeignHold> parts) {
    watch.partsClaimed(node, parts);
  }

  @Override
  public void gpusForeign(String node, long gpus) {
    watch.gpusForeign(node, gpus);
  }

  @Override
  public boolean isInUse(String node) {
    return watch.isInUse(node);
  }

  @Override
  public void inventoryDoubtful(String node, String problem) {
    watch.inventoryDoubtful(node, problem);
  }

  @Override
  public void podUnreadable(PodView.Ref pod, String problem) {
    watch.podUnreadable(pod, problem);
  }

  @Override
  public void podMisplaced(PodView.Ref pod, String problem) {
    watch.podMisplaced(pod, problem);
  }

  /**
   * The GPUs of a placement get no new pods, nor does the CPU and memory that it takes of its node,
   * until the pod that waits for them gets them.
   */
  public void reserve(String uid, Placement placement) {
    long gpus = 0;
    for (Slot slot : placement.slots()) {
      gpus |= 1L << slot.gpu();
    }
    watch.reserve(uid, placement.node(), gpus);
    ledger.withhold(uid, placement);
  }

  public void unreserve(String uid) {
    watch.unreserve(uid);
    ledger.giveBack(uid);
  }

  /** What is wrong with nodes and pods of the cluster: what it is about, and in words. */
  public Map<String, String> problems() {
    return watch.problems();
  }

  /** A pod is asked about: it is remembered, and what it asks is learned once. */
  public KnownPod arrived(PodView pod) {
    boolean first = pods.get(pod.uid()) == null;
    KnownPod known = pods.mention(pod, dialects.read(pod), wallMillis());
    return learned(known, first);
  }

  private KnownPod seen(PodView pod) {
    boolean first = pods.get(pod.uid()) == null;
    boolean foreign = pod.isBound() && pod.annotation(Annotations.PLACEMENT).isEmpty();
    KnownPod known =
        pods.see(pod, foreign ? dialects.readForeign(pod) : dialects.read(pod), wallMillis());
    return learned(known, first);
  }

  private KnownPod learned(KnownPod pod, boolean first) {
    if (first && !pod.isNonsense() && !pod.demand().containers().isEmpty()) {
      chooser.arrived(pod.demand());
    }
    return pod;
  }

  /** An answer is on its way: time to do what would have held it up. */
  public void answered() {
    if (!renewalComes && chooser.isDue()) {
      renewalComes = true;
      loop.execute(
          () -> {
            renewalComes = false;
            chooser.renew();
          });
    }
  }

  /** What a pod asks, worked out for the fleet. */
  public PodAsk ask(PodDemand demand) {
    return demands.of(demand, chooser.placer());
  }

  /** How pods are read; any thread may use it. */
  public Dialects dialects() {
    return dialects;
  }

  /** How a pod is read, without remembering it. */
  public Reading read(PodView pod) {
    return dialects.read(pod);
  }

  /** Remembers a decision that began so many nanoseconds of the stop watch ago. */
  public Decision decided(DecisionDraft draft) {
    Decision decision = draft.decision(decisions.nextId(), wallMillis(), stopWatch());
    decisions.add(decision);
    return decision;
  }

  public DecisionDraft deciding(Decision.Verb verb, PodView.Ref pod) {
    return new DecisionDraft(verb, pod, stopWatch());
  }

  /** The API server has taken an eviction of Kerf's. */
  public void evicted(PodView.Ref pod, String why) {
    evictionListeners.forEach(listener -> listener.accept(pod, why));
  }

  /** From now on tells every eviction with its reason, on the thread that owns this. */
  public void onEvicted(BiConsumer<PodView.Ref, String> listener) {
    evictionListeners.add(listener);
  }

  /** Changes how the verbs behave. */
  public void use(Policy changed) {
    policy = changed;
  }

  public Policy policy() {
    return policy;
  }

  /** The time of day, for what people and other programs read; never for a wait or a limit. */
  public long wallMillis() {
    return clocks.wall().millis();
  }

  /** A clock that only goes forward, with any origin: for every wait and every limit. */
  public long elapsedMillis() {
    return clocks.elapsedMillis();
  }

  /** The same clock in nanoseconds. */
  public long elapsedNanos() {
    return clocks.nanos().getAsLong();
  }

  private long stopWatch() {
    return clocks.stopWatch().getAsLong();
  }

  /** Starts something and takes its end on the thread that owns this, even if it throws. */
  public <T> void whenDone(
      Supplier<CompletionStage<T>> start, BiConsumer<@Nullable T, @Nullable Throwable> end) {
    CompletionStage<T> stage;
    try {
      stage = start.get();
    } catch (RuntimeException | StackOverflowError e) {
      stage = CompletableFuture.failedFuture(e);
    }
    stage.whenCompleteAsync(end, loop);
  }

  public Executor loop() {
    return loop;
  }

  public Ledger ledger() {
    return ledger;
  }

  public Fleet fleet() {
    return ledger.fleet();
  }

  public Chooser chooser() {
    return chooser;
  }

  public Placer placer() {
    return chooser.placer();
  }

  public NodeNames names() {
    return names;
  }

  public KnownPods pods() {
    return pods;
  }

  public Decisions decisions() {
    return decisions;
  }

  public FailedBinds failedBinds() {
    return failedBinds;
  }

  public Proposals proposals() {
    return proposals;
  }

  public HeldPlaces held() {
    return held;
  }
}
