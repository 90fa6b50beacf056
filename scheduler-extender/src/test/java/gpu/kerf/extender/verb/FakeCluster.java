package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.LockResult;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** An API server that does what a test tells it. */
final class FakeCluster implements Cluster {

  boolean synced = true;

  /** Where set, what others may have bound is not known; whether it comes in time. */
  @Nullable CompletableFuture<BindReadiness> behind;

  long term;

  /** How long nothing has been heard of the cluster. */
  Duration staleness = Duration.ZERO;

  /** What it answers to bindings. */
  BindResult.Kind answer = BindResult.Kind.BOUND;

  /** Whether bindings are carried out, independent of the answer. */
  boolean carriesOut = true;

  /** Where set, answers wait for it. */
  CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

  final Map<String, PodView> pods = new HashMap<>();
  final List<Binding> bindings = new ArrayList<>();
  final List<PodEvent> events = new ArrayList<>();

  /** What it answers to evictions; who goes is for the test to say. */
  EvictResult.Kind evicts = EvictResult.Kind.EVICTED;

  /** The nodes of which the newest state was asked for. */
  final List<String> caughtUp = new ArrayList<>();

  final List<String> evictions = new ArrayList<>();

  /** What it answers to the opening of gates. */
  GateResult.Kind opens = GateResult.Kind.OPENED;

  boolean leads = true;
  final List<String> opened = new ArrayList<>();
  final Map<String, String> told = new HashMap<>();

  /** The evictions that are announced, by the pod's uid. */
  final Map<String, String> announced = new HashMap<>();

  TeamFigures figures = new TeamFigures(Map.of());
  final Map<String, String> nominated = new HashMap<>();
  final List<String> nudged = new ArrayList<>();
  final List<String> withdrawn = new ArrayList<>();

  /** Which pod holds the lock of a node. */
  final Map<String, PodView.Ref> locks = new HashMap<>();

  @Override
  public void announceEviction(PodView.Ref pod, String reason, String text) {
    announced.put(pod.uid(), text);
  }

  @Override
  public void withdrawEviction(PodView.Ref pod) {
    announced.remove(pod.uid());
    withdrawn.add(pod.uid());
  }

  @Override
  public CompletionStage<LockResult> lock(String node, PodView.Ref pod) {
    boolean mine = pod.equals(locks.computeIfAbsent(node, name -> pod));
    return CompletableFuture.completedStage(mine ? LockResult.TAKEN : LockResult.BUSY);
  }

  @Override
  public void unlock(String node, PodView.Ref pod) {
    locks.remove(node, pod);
  }

  /** What becomes of claims. */
  ClaimResult.Kind claims = ClaimResult.Kind.WRITTEN;

  final List<DeviceClaim> claimed = new ArrayList<>();
  final List<String> unclaimed = new ArrayList<>();
  boolean unclaims = true;
  final Set<String> mayHaveClaim = new HashSet<>();

  /** What is known of the claims that pods name. */
  ClaimFinding.Kind named = ClaimFinding.Kind.NO_GPUS;

  /** What becomes known of them. */
  CompletableFuture<ClaimFinding.Kind> settled = new CompletableFuture<>();

  final List<PodView.Claim> askedAbout = new ArrayList<>();

  @Override
  public ClaimFinding claimsOf(String namespace, List<PodView.Claim> ofPod) {
    askedAbout.addAll(ofPod);
    return new ClaimFinding(named, "c", "");
  }

  @Override
  public CompletionStage<ClaimFinding> settledClaimsOf(
      String namespace, List<PodView.Claim> ofPod) {
    return settled.thenApply(kind -> new ClaimFinding(kind, "c", ""));
  }

  @Override
  public CompletionStage<ClaimResult> claim(DeviceClaim claim) {
    claimed.add(claim);
    ClaimResult result = new ClaimResult(claims, "as the test says");
    return gate.thenApply(open -> result);
  }

  @Override
  public CompletionStage<Boolean> unclaim(PodView.Ref pod) {
    unclaimed.add(pod.uid());
    boolean done = unclaims;
    return gate.thenApply(open -> done);
  }

  @Override
  public boolean mayHaveClaim(String uid) {
    return mayHaveClaim.contains(uid);
  }

  @Override
  public CompletionStage<BindResult> bind(Binding binding) {
    bindings.add(binding);
    if (carriesOut) {
      carryOut(binding);
    }
    BindResult result = new BindResult(answer, "as the test says");
    return gate.thenApply(open -> result);
  }

  void carryOut(Binding binding) {
    pods.put(
        binding.pod().toString(),
        PodView.of(binding.pod())
            .nodeName(binding.node())
            .annotations(binding.annotations())
            .build());
  }

  @Override
  public CompletionStage<Optional<PodView>> read(PodView.Ref pod) {
    return gate.thenApply(open -> Optional.ofNullable(pods.get(pod.toString())));
  }

  @Override
  public CompletionStage<EvictResult> evict(Eviction eviction) {
    evictions.add(eviction.pod().uid());
    return CompletableFuture.completedStage(new EvictResult(evicts, "as the budget says"));
  }

  @Override
  public CompletionStage<Boolean> nominate(PodView.Ref pod, String node) {
    nominated.put(pod.uid(), node);
    return CompletableFuture.completedFuture(true);
  }

  @Override
  public CompletionStage<GateResult> openGate(PodView.Ref pod) {
    opened.add(pod.uid());
    return CompletableFuture.completedStage(new GateResult(opens, "as a policy says"));
  }

  @Override
  public void waiting(PodView.Ref pod, long sinceMillis, String text) {
    told.put(pod.uid(), text);
  }

  @Override
  public void teamFigures(TeamFigures now) {
    figures = now;
  }

  @Override
  public boolean leadsTurns() {
    return leads;
  }

  @Override
  public void nudge(PodView.Ref pod) {
    nudged.add(pod.uid());
  }

  @Override
  public void event(PodEvent event) {
    events.add(event);
  }

  @Override
  public boolean upToDate() {
    return behind == null;
  }

  @Override
  public CompletionStage<BindReadiness> catchUp(String node, PodView.Ref pod) {
    caughtUp.add(node);
    return Objects.requireNonNull(behind);
  }

  @Override
  public long bindingTerm() {
    return term;
  }

  @Override
  public boolean synced() {
    return synced;
  }

  @Override
  public Duration staleness() {
    return staleness;
  }
}
