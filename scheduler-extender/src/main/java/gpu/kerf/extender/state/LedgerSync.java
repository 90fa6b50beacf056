package gpu.kerf.extender.state;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PlacementRecord;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.fleet.GpuSet;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the ledger equal to the placements that are written on bound pods.
 *
 * <p>A pod whose node is not known yet waits for it. If the record of a pod cannot be read, its
 * slots are unknown: its node gets no new pods with GPUs until it is gone.
 */
final class LedgerSync {

  private static final String CHANGED =
      "its placement record is not the one with which it was bound; what it was given then is still"
          + " held";

  private final Ledger ledger;
  private final Map<String, Bound> waiting = new LinkedHashMap<>();
  private final Map<String, String> unreadable = new LinkedHashMap<>();
  private final Map<String, String> problems = new LinkedHashMap<>();
  private final Map<String, GpuSet> ill = new LinkedHashMap<>();
  private final Map<String, GpuSet> foreign = new LinkedHashMap<>();
  private final Map<String, Reserved> reserved = new LinkedHashMap<>();
  private final Set<String> quarantined = new HashSet<>();

  /** GPUs that wait for a pod for which others must go first. */
  private record Reserved(String node, GpuSet gpus) {}

  /** A bound pod and its record, which is empty if it has none. */
  private record Bound(KnownPod pod, String record) {}

  LedgerSync(Ledger ledger) {
    this.ledger = ledger;
  }

  void nodeChanged(NodeSpec node) {
    problems.remove(nodeKey(node.name()));
    List<Bound> here =
        waiting.values().stream().filter(one -> one.pod.node().equals(node.name())).toList();
    here.forEach(this::settle);
    block(node.name());
  }

  /**
   * The problem of an inventory that is used although there is a newer one; empty if it is over.
   */
  void inventoryDoubtful(String node, String problem) {
    if (problem.isEmpty()) {
      problems.remove(nodeKey(node));
    } else {
      problems.put(nodeKey(node), problem);
    }
  }

  /** Whether pods hold GPUs of a node, or may: what cannot be read, or waits, may be anything. */
  boolean isInUse(String node) {
    boolean held =
        ledger.entriesOn(node).stream()
            .anyMatch(
                entry ->
                    entry.state() != Entry.State.PROPOSED && !entry.grant().containers().isEmpty());
    return held || waiting.values().stream().anyMatch(bound -> bound.pod.node().equals(node));
  }

  void nodeUnusable(String name, String problem) {
    problems.put(nodeKey(name), problem);
  }

  /** Some GPUs of a node are ill; none, if no bit is set. */
  void gpusUnusable(String node, long gpus) {
    keep(ill, node, gpus);
  }

  /** Some GPUs of a node are used by pods that Kerf did not place. */
  void gpusForeign(String node, long gpus) {
    keep(foreign, node, gpus);
  }

  /** Some parts of a node's GPUs are allocated to claims. */
  void partsClaimed(String node, List<ForeignHold> parts) {
    ledger.setHolds(node, parts);
  }

  private void keep(Map<String, GpuSet> where, String node, long gpus) {
    if (gpus == 0) {
      where.remove(node);
    } else {
      where.put(node, set(node, gpus));
    }
    blockKnown(node);
  }

  private GpuSet set(String node, long gpus) {
    NodeState known = ledger.fleet().node(node);
    return new GpuSet(gpus, known == null ? null : known.spec());
  }

  private void blockKnown(String node) {
    if (ledger.fleet().node(node) != null) {
      block(node);
    }
  }

  void reserve(String uid, String node, long gpus) {
    reserved.put(uid, new Reserved(node, set(node, gpus)));
    blockKnown(node);
  }

  void unreserve(String uid) {
    Reserved was = reserved.remove(uid);
    if (was != null) {
      blockKnown(was.node);
    }
  }

  /** What the pod holds, if it is known, goes on being held. */
  void podUnreadable(PodView.Ref pod, String problem) {
    problems.put(podKey(pod.uid()), "Pod " + pod + ": " + problem);
  }

  /** It holds nothing, and is a problem until it is gone. */
  void podMisplaced(PodView.Ref pod, String problem) {
    problems.put(misplacedKey(pod.uid()), "Pod " + pod + ": " + problem);
  }

  void nodeRemoved(String name) {
    problems.remove(nodeKey(name));
    ill.remove(name);
    for (String uid : List.copyOf(unreadable.keySet())) {
      unreadable.remove(uid, name);
    }
  }

  void podChanged(KnownPod pod, PodView view) {
    if (view.phase() == PodView.Phase.OVER) {
      podEnded(pod.uid());
    } else if (!pod.isPending()) {
      settle(new Bound(pod, view.annotation(Annotations.PLACEMENT)));
    }
  }

  /** The slots of a pod, readable or not, stay held although its object is gone. */
  void podQuarantined(String uid) {
    quarantined.add(uid);
    ledger.quarantine(uid);
  }

  void podEnded(String uid) {
    quarantined.remove(uid);
    ledger.endQuarantine(uid);
    ledger.release(uid);
    waiting.remove(uid);
    problems.remove(podKey(uid));
    problems.remove(misplacedKey(uid));
    String node = unreadable.remove(uid);
    if (node != null) {
      block(node);
    }
  }

  private void settle(Bound bound) {
    KnownPod pod = bound.pod;
    NodeState node = ledger.fleet().node(pod.node());
    if (node == null) {
      waiting.put(pod.uid(), bound);
      return;
    }
    try {
      Grant grant = grant(bound, node.spec().name());
      if (isHeldHere(pod)) {
        seenAgain(bound, grant);
        return;
      }
      enter(pod, grant);
      if (quarantined.contains(pod.uid())) {
        ledger.quarantine(pod.uid());
      }
      waiting.remove(pod.uid());
      forgive(pod.uid());
    } catch (WireException e) {
      if (isHeldHere(pod)) {
        seenAgain(bound, null);
        return;
      }
      waiting.put(pod.uid(), bound);
      problems.put(podKey(pod.uid()), "Pod " + pod.ref() + ": " + e.getMessage());
      unreadable.put(pod.uid(), pod.node());
      block(pod.node());
    }
  }

  private boolean isHeldHere(KnownPod pod) {
    Entry entry = ledger.entry(pod.uid());
    return entry != null
        && entry.state() == Entry.State.BOUND
        && entry.placement().node().equals(pod.node());
  }

  /**
   * Its containers received their devices when they started. A later change of the record on the
   * pod does not change that, and must not make the slots free for other pods.
   */
  private void seenAgain(Bound bound, @Nullable Grant grant) {
    resize(bound.pod);
    Entry entry = Objects.requireNonNull(ledger.entry(bound.pod.uid()));
    String key = podKey(bound.pod.uid());
    String problem = "Pod " + bound.pod.ref() + ": " + CHANGED;
    if (grant != null && grant.givesSame(entry.grant())) {
      problems.remove(key, problem);
    } else {
      problems.put(key, problem);
    }
  }

  /** The CPU and memory of a pod may change while it runs; its slots never do. */
  private void resize(KnownPod pod) {
    ledger.resize(pod.uid(), pod.demand().cpuMilli(), pod.demand().hostMemoryMiB());
  }

  private void forgive(String uid) {
    String node = unreadable.remove(uid);
    if (node != null) {
      block(node);
    }
  }

  private static Grant grant(Bound bound, String node) throws WireException {
    int cpu = bound.pod.demand().cpuMilli();
    int memory = bound.pod.demand().hostMemoryMiB();
    return bound.record.isEmpty()
        ? new Grant(node, List.of(), "", cpu, memory)
        : PlacementRecord.parse(bound.record).grant(node, cpu, memory);
  }

  private void enter(KnownPod pod, Grant grant) {
    Entry entry = ledger.entry(pod.uid());
    boolean same =
        entry != null && entry.state() != Entry.State.PROPOSED && entry.grant().givesSame(grant);
    if (same) {
      ledger.confirm(pod.uid(), pod.since());
      resize(pod);
    } else {
      ledger.adopt(pod.holder(), grant, pod.since());
    }
    problems.remove(podKey(pod.uid()));
  }

  /** A node on which a pod holds unknown slots gets no new pods. */
  private void block(String node) {
    ledger.setForeign(node, unreadable.containsValue(node) ? GpuSet.ALL : blocked(node));
  }

  private long blocked(String node) {
    NodeState state = ledger.fleet().node(node);
    if (state == null) {
      return 0;
    }
    NodeSpec now = state.spec();
    long blocked = ill.getOrDefault(node, GpuSet.NONE).on(now);
    blocked |= foreign.getOrDefault(node, GpuSet.NONE).on(now);
    for (Reserved one : reserved.values()) {
      blocked |= one.node.equals(node) ? one.gpus.on(now) : 0;
    }
    return blocked;
  }

  private static String nodeKey(String name) {
    return "node " + name;
  }

  private static String misplacedKey(String uid) {
    return "misplaced pod " + uid;
  }

  private static String podKey(String uid) {
    return "pod " + uid;
  }

  /** What is wrong with nodes and pods of the cluster, in words; empty if all is well. */
  Map<String, String> problems() {
    Map<String, String> all = new LinkedHashMap<>(problems);
    for (Conflict conflict : ledger.conflicts()) {
      Holder holder = conflict.entry().holder();
      String text = "Pod " + holder.namespace() + "/" + holder.name() + ": " + conflict.text();
      all.merge(podKey(holder.uid()), text, (one, other) -> one + "; " + other);
    }
    return all;
  }
}
