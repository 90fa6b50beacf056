package gpu.kerf.model.eviction;

import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Grants;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.price.Prices;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Nodes with pods on them, and a pod that finds no room. The time is {@link #NOW}. */
final class Scene {

  static final long NOW = 1_000_000;

  final Ledger ledger = new Ledger();
  private final Map<String, UnaryOperator<Candidate>> marks = new HashMap<>();
  private Budgets budgets = Budgets.none();
  private @Nullable Placer placer;

  static Scene of(NodeSpec... nodes) {
    Scene scene = new Scene();
    for (NodeSpec node : nodes) {
      scene.ledger.putNode(node);
    }
    return scene;
  }

  /** A pod that has run for a second on the node that was put first: {@code pod("a", 5, share)}. */
  Scene pod(String uid, int priority, Slot... slots) {
    return pod(Holder.of(uid).withPriority(priority), NOW - 1000, slots);
  }

  Scene pod(Holder holder, long since, Slot... slots) {
    return pod(holder, since, placement(firstNode(), 0, slots));
  }

  Scene pod(Holder holder, long since, Placement placement) {
    assertThat(ledger.adopt(holder, Grants.grant(ledger, placement), since))
        .as("conflict of %s", holder)
        .isNull();
    return this;
  }

  Scene terminating(String uid) {
    marks.merge(uid, Candidate::terminating, Scene::both);
    return this;
  }

  Scene covered(String uid, String... names) {
    marks.merge(uid, candidate -> candidate.coveredBy(names), Scene::both);
    return this;
  }

  private static UnaryOperator<Candidate> both(
      UnaryOperator<Candidate> one, UnaryOperator<Candidate> other) {
    return candidate -> other.apply(one.apply(candidate));
  }

  Scene within(Budgets limits) {
    this.budgets = limits;
    return this;
  }

  Candidate marked(Candidate candidate) {
    return marks.getOrDefault(candidate.uid(), UnaryOperator.identity()).apply(candidate);
  }

  NodeCandidates site() {
    return Objects.requireNonNull(NodeCandidates.of(ledger, firstNode(), this::marked));
  }

  EvictionPlanner planner() {
    return new EvictionPlanner(placer());
  }

  /** The same every time: what the usual demands would pay is not the matter here. */
  Placer placer() {
    if (placer == null) {
      placer = new Placer(Prices.neutral(ledger.fleet().models()));
    }
    return placer;
  }

  PreparedDemand prepared(PodDemand demand) {
    return new PreparedDemand(demand, ledger.fleet().models());
  }

  Request request(int priority, PodDemand demand) {
    return Request.of(Holder.of("preemptor").withPriority(priority), prepared(demand), NOW)
        .within(budgets);
  }

  PlanOutcome outcome(int priority, Demand demand) {
    return outcome(priority, PodDemand.of(demand));
  }

  PlanOutcome outcome(int priority, PodDemand demand) {
    return planner().plan(request(priority, demand), site());
  }

  PlanOutcome.Plan plan(int priority, Demand demand) {
    return plan(priority, PodDemand.of(demand));
  }

  PlanOutcome.Plan plan(int priority, PodDemand demand) {
    PlanOutcome outcome = outcome(priority, demand);
    assertThat(outcome).isInstanceOf(PlanOutcome.Plan.class);
    return (PlanOutcome.Plan) outcome;
  }

  List<String> victims(int priority, Demand demand) {
    return plan(priority, demand).victimUids();
  }

  /** What a full search of each node alone finds. */
  FleetPlan planAll(Request request, List<String> nodes) {
    return new FleetPlan(
        nodes.stream()
            .map(name -> Objects.requireNonNull(NodeCandidates.of(ledger, name, this::marked)))
            .map(cluster -> planner().plan(request, cluster))
            .toList());
  }

  private String firstNode() {
    return Objects.requireNonNull(ledger.fleet().at(0)).name();
  }

  static Placement placement(String node, int cpuMilli, Slot... slots) {
    List<Placement.ContainerSlots> containers =
        slots.length == 0
            ? List.of()
            : List.of(new Placement.ContainerSlots("main", List.of(slots)));
    return new Placement(node, containers, cpuMilli, 0);
  }

  static Slot share(int gpu, int mib) {
    return new Slot.Share(gpu, mib, 0);
  }

  static Slot whole(int gpu, GpuModel model) {
    return new Slot.Whole(gpu, model.memoryMiB());
  }

  /** Written {@code 3g.40gb@4}. */
  static Slot mig(int gpu, GpuModel model, String instance) {
    String[] parts = instance.split("@", -1);
    return new Slot.Mig(gpu, profile(model, parts[0]), Integer.parseInt(parts[1]));
  }
}
