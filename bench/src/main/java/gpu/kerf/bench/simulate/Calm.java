package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Checks the state after all faults have ended: every replica knows the cluster, its ledger equals
 * the placements on the pods, and every pod that can run does run.
 */
final class Calm {
  /** What an MPS share needs beside its memory, at most, so that the oracle asks for no miracle. */
  private static final long SPARE_MIB = 2_048;

  private static final long SPARE_OF_SHARE_MIB = 512;

  private final ApiStore store;
  private final Oracle oracle;
  private final List<Replica> replicas;
  private final SchedulerPair schedulers;
  private final DisruptionBudgets budgets;
  private final Predicate<SimulatedNode> disputed;

  /**
   * @param disputed whether claims of a node overlap, or say otherwise than their pods
   */
  Calm(
      ApiStore store,
      Oracle oracle,
      List<Replica> replicas,
      SchedulerPair schedulers,
      DisruptionBudgets budgets,
      Predicate<SimulatedNode> disputed) {
    this.budgets = budgets;
    this.disputed = disputed;
    this.store = store;
    this.oracle = oracle;
    this.replicas = replicas;
    this.schedulers = schedulers;
  }

  /** What is not right yet; null if everything is. */
  @Nullable Violation problem() {
    Violation ofReplicas = problemOfReplicas();
    return ofReplicas == null ? problemOfPods() : ofReplicas;
  }

  /** What a replica does not know or hold as it is written. */
  @Nullable Violation problemOfReplicas() {
    for (Replica replica : replicas) {
      String problem = problem(replica);
      if (problem != null) {
        return new Violation(replica.name() + " " + problem);
      }
    }
    return null;
  }

  /** A pod that could run where there are no teams. */
  @Nullable Violation problemOfPods() {
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      String where = pod.isBound() || pod.isTerminating() ? null : whereItCouldRun(pod);
      if (where != null) {
        return new Violation(
            "stuck: "
                + pod
                + " could run on "
                + where
                + " and does not run (kube-scheduler: "
                + state(pod)
                + ")",
            true);
      }
    }
    return null;
  }

  /** How a pod waits, by kube-scheduler and the replicas; for people. */
  String state(PodObject pod) {
    StringBuilder state = new StringBuilder(schedulers.queueState(pod.uid()));
    replicas.forEach(each -> state.append("; ").append(each.why(pod.uid())));
    return state.append(pod.isGated() ? "; gated" : "").toString();
  }

  private @Nullable String problem(Replica replica) {
    Replica.Life life = replica.life();
    if (life == null) {
      return "does not run";
    }
    if (!life.cluster().synced()) {
      return "is not synced";
    }
    if (life.plans() > 0) {
      return "still has " + life.plans() + " plans of evictions";
    }
    Map<String, List<String>> held = new LinkedHashMap<>();
    for (Entry entry : life.scheduling().ledger().entries()) {
      if (entry.state() != Entry.State.PROPOSED) {
        held.put(entry.uid(), slots(entry, life));
      }
    }
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      List<String> has = held.remove(pod.uid());
      if (pod.isOver() || !pod.isBound()) {
        if (has != null) {
          return "holds for ever " + has + " for " + pod + ", which needs nothing";
        }
      } else {
        String problem = differs(pod, has);
        if (problem != null) {
          return problem;
        }
      }
    }
    return held.isEmpty() ? null : "holds for ever " + held + " for pods that are gone";
  }

  private @Nullable String differs(PodObject pod, @Nullable List<String> held) {
    SimulatedNode node =
        oracle.nodes().stream()
            .filter(each -> each.name().equals(pod.node()))
            .findFirst()
            .orElse(null);
    String record = pod.annotation("kerf.gpu/placement");
    boolean known =
        node != null
            && node.agent().way() != InventoryAgent.Way.LABELS
            && !record.isEmpty()
            && node.hasDevices(pod)
            && !disputed.test(node);
    if (!known) {
      // Without uuids nothing says which cards these are, once their number has changed.
      return null;
    }
    List<String> written = written(record);
    return written.equals(held)
        ? null
        : "holds " + held + " for " + pod + " on " + pod.node() + ", whose record says " + written;
  }

  private static List<String> written(String record) {
    List<String> slots = new ArrayList<>();
    try {
      for (JsonNode container : Stored.JSON.readTree(record).path("containers")) {
        for (JsonNode slot : container.path("slots")) {
          String gpu = slot.path("uuid").asText(slot.path("gpu").asText(""));
          String profile = slot.path("mig").path("profile").asText("");
          slots.add(gpu + " " + profile + " " + slot.path("memoryMiB").asInt());
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(record, e);
    }
    slots.sort(null);
    return slots;
  }

  private static List<String> slots(Entry entry, Replica.Life life) {
    NodeState node = life.scheduling().fleet().node(entry.placement().node());
    NodeSpec spec = node == null ? null : node.spec();
    List<String> slots = new ArrayList<>();
    for (Slot slot : entry.placement().slots()) {
      List<GpuSpec> gpus = spec == null ? List.of() : spec.gpus();
      String uuid = slot.gpu() < gpus.size() ? gpus.get(slot.gpu()).uuid() : null;
      String profile = slot instanceof Slot.Mig mig ? mig.profile().name() : "";
      slots.add((uuid == null ? "" + slot.gpu() : uuid) + " " + profile + " " + slot.memoryMiB());
    }
    slots.sort(null);
    return slots;
  }

  /** Where a simple pod certainly could run; null if nowhere, or if it is not simple. */
  private @Nullable String whereItCouldRun(PodObject pod) {
    if (!isSimple(pod) || !pod.gang().isEmpty()) {
      return null;
    }
    for (SimulatedNode node : oracle.nodes()) {
      if (isDisputed(node)) {
        continue;
      }
      if (fits(pod, node, Set.of())) {
        return node.name();
      }
      if (!pod.neverPreempts() && fits(pod, node, evictable(pod, node))) {
        return node.name() + " if pods of lower priority went";
      }
    }
    return null;
  }

  private static boolean isSimple(PodObject pod) {
    return pod.containers().size() == 1
        && pod.scheduler().equals(Replica.SCHEDULER)
        && pod.annotation("simulated/hostile").isEmpty()
        && pod.annotation("kerf.gpu/sm-percent").isEmpty();
  }

  /**
   * A node on which a simple pod certainly fits; null if there is none, or if it is not simple.
   *
   * @param without the uids of the pods on a node that do not count
   */
  @Nullable String whereItFits(PodObject pod, Function<SimulatedNode, Set<String>> without) {
    for (SimulatedNode node : oracle.nodes()) {
      if (isSimple(pod) && !isDisputed(node) && fits(pod, node, without.apply(node))) {
        return node.name();
      }
    }
    return null;
  }

  /** Whether so many pods like one of them certainly fit at the same time; whole GPUs or shares. */
  boolean fitTogether(PodObject one, int pods) {
    long room = 0;
    for (SimulatedNode node : oracle.nodes()) {
      if (!isDisputed(node) && !hasLeaving(node)) {
        room += roomFor(one.amounts(), node);
      }
    }
    return room >= pods;
  }

  private long roomFor(Amounts asked, SimulatedNode node) {
    Map<Gpu, List<Oracle.Claim>> claims = oracle.claims(node);
    long room = 0;
    for (Gpu gpu : node.gpus()) {
      List<Oracle.Claim> on = claims.getOrDefault(gpu, List.of());
      if (!gpu.isCut() && asked.whole() > 0) {
        room += on.isEmpty() ? 1 : 0;
      } else if (isShared(gpu) && hasRoom(gpu, on, 0)) {
        long shares = on.stream().mapToLong(each -> each.touch().shareMiB()).sum();
        long free = gpu.model().memoryMiB - shares - SPARE_MIB;
        room += free / (asked.memoryMiB() + SPARE_OF_SHARE_MIB);
      }
    }
    return room;
  }

  /** Those that are on their way out count until their objects are gone. */
  private boolean hasLeaving(SimulatedNode node) {
    return store.all(ObjectKind.POD).stream()
        .map(Stored::pod)
        .anyMatch(pod -> pod.node().equals(node.name()) && pod.isTerminating());
  }

  /** The uids of the pods that Kerf may evict from a node for a pod, if no budget forbids it. */
  private Set<String> evictable(PodObject preemptor, SimulatedNode node) {
    Set<String> uids = new HashSet<>();
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      if (pod.node().equals(node.name())
          && pod.priority() < preemptor.priority()
          && pod.gang().isEmpty()
          && !OtherScheduler.has(pod)
          && !budgets.hasBudget(pod)) {
        uids.add(pod.uid());
      }
    }
    return uids;
  }

  /**
   * Where a pod holds what is not there, Kerf may be careful; and where the number of cards without
   * uuids has changed, until the node is empty.
   */
  private boolean isDisputed(SimulatedNode node) {
    if (disputed.test(node)) {
      return true;
    }
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      if (pod.node().equals(node.name())
          && !pod.isOver()
          && (node.agent().way() == InventoryAgent.Way.LABELS
              || (pod.annotation("kerf.gpu/placement").isEmpty() && !OtherScheduler.has(pod))
              || !node.hasDevices(pod))) {
        return true;
      }
    }
    return false;
  }

  private boolean fits(PodObject pod, SimulatedNode node, Set<String> without) {
    Amounts asked = pod.amounts();
    Map<Gpu, List<Oracle.Claim>> claims = oracle.claims(node);
    claims.values().forEach(on -> on.removeIf(each -> without.contains(each.pod().uid())));
    if (hasLeaving(node)) {
      return false;
    }
    String wall = pod.annotation("kerf.gpu/wall");
    int free = 0;
    for (Gpu gpu : node.gpus()) {
      List<Oracle.Claim> on = claims.getOrDefault(gpu, List.of());
      if (gpu.isCut()) {
        if (asked.whole() == 0 && !wall.equals("mps") && hasInstance(gpu, on, asked.memoryMiB())) {
          return true;
        }
      } else if (asked.whole() > 0) {
        free += on.isEmpty() ? 1 : 0;
      } else if (gpu.offer() == Gpu.Offer.MIG_ON_DEMAND) {
        if (!wall.equals("mps") && hasPlace(gpu, on, asked.memoryMiB())) {
          return true;
        }
      } else if (isShared(gpu) && !wall.equals("mig") && hasRoom(gpu, on, asked.memoryMiB())) {
        return true;
      }
    }
    return asked.whole() > 0 && free >= asked.whole();
  }

  private static boolean isShared(Gpu gpu) {
    boolean shared = gpu.offer() == Gpu.Offer.ANY || gpu.offer() == Gpu.Offer.SHARES;
    return shared && !gpu.isCut();
  }

  /** Whether an instance can be created beside those there are. */
  private static boolean hasPlace(Gpu gpu, List<Oracle.Claim> claims, long memory) {
    return gpu.places().stream()
        .map(each -> new SimulatedContainer.Touch(gpu, each.instance(""), 0))
        .filter(each -> each.instance() != null && each.instance().memoryMiB() >= memory)
        .anyMatch(each -> claims.stream().noneMatch(claim -> claim.touch().collides(each)));
  }

  private static boolean hasInstance(Gpu gpu, List<Oracle.Claim> claims, long memory) {
    return gpu.instances().stream()
        .anyMatch(
            instance ->
                instance.memoryMiB() >= memory
                    && claims.stream().noneMatch(each -> instance.equals(each.touch().instance())));
  }

  private static boolean hasRoom(Gpu gpu, List<Oracle.Claim> claims, long memory) {
    long shares = 0;
    for (Oracle.Claim each : claims) {
      if (each.touch().shareMiB() == 0) {
        return false;
      }
      shares += each.touch().shareMiB();
    }
    return shares + memory + SPARE_MIB <= gpu.model().memoryMiB;
  }
}
