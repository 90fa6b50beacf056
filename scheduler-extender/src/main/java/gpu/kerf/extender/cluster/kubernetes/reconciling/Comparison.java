package gpu.kerf.extender.cluster.kubernetes.reconciling;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PlacementRecord;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.SlotText;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares the state of the ledger at one moment with the API server, pod by pod. Proposals and
 * quarantined pods are not compared, because the API server does not have them.
 */
final class Comparison {
  private final Map<String, Entry> unseen = new LinkedHashMap<>();
  private final Map<String, NodeSpec> nodes = new HashMap<>();
  private final Map<String, Difference> differences = new LinkedHashMap<>();

  private Comparison() {}

  /** Remembers what a ledger holds; to be called on the thread that owns it. */
  static Comparison with(Ledger ledger) {
    Comparison comparison = new Comparison();
    for (Entry entry : ledger.entries()) {
      boolean proposed = entry.state() == Entry.State.PROPOSED;
      if (!proposed && entry.state() != Entry.State.QUARANTINED) {
        comparison.unseen.put(entry.uid(), entry);
      }
    }
    for (int i = 0; i < ledger.fleet().limit(); i++) {
      NodeState node = ledger.fleet().at(i);
      if (node != null) {
        comparison.nodes.put(node.name(), node.spec());
      }
    }
    return comparison;
  }

  /** The API server has this pod. */
  void pod(PodView pod) {
    Entry entry = unseen.remove(pod.uid());
    if (pod.phase() == PodView.Phase.OVER) {
      if (entry != null) {
        add(Difference.Kind.GONE, entry, "it is over");
      }
    } else if (!pod.isBound()) {
      if (entry != null) {
        add(Difference.Kind.UNBOUND, entry, "it is bound to no node");
      }
    } else if (entry != null && !entry.placement().node().equals(pod.nodeName())) {
      add(Difference.Kind.ELSEWHERE, entry, "it is bound to node " + pod.nodeName());
    } else {
      slots(pod, entry);
    }
  }

  /** The API server has a pod of this uid that cannot be read. */
  void unreadable(String uid) {
    unseen.remove(uid);
  }

  private void slots(PodView pod, @Nullable Entry entry) {
    NodeSpec node = nodes.get(pod.nodeName());
    if (node == null) {
      return; // not managed, or not any more
    }
    String ledger = entry == null ? "it is not known" : held(entry);
    try {
      Grant written = written(pod, node);
      String api = "node " + node.name() + ": " + SlotText.of(written);
      if (entry == null) {
        add(Difference.Kind.MISSING, pod, ledger, api);
      } else if (!entry.grant().givesSame(written)) {
        add(Difference.Kind.OTHER_SLOTS, pod, ledger, api);
      }
    } catch (WireException e) {
      add(Difference.Kind.UNREADABLE, pod, ledger, "something unreadable: " + e.getMessage());
    }
  }

  private static Grant written(PodView pod, NodeSpec node) throws WireException {
    String record = pod.annotation(Annotations.PLACEMENT);
    return record.isEmpty()
        ? new Grant(node.name(), List.of(), "", 0, 0)
        : PlacementRecord.parse(record).grant(node.name(), 0, 0);
  }

  private static String held(Entry entry) {
    return "node " + entry.grant().node() + ": " + SlotText.of(entry.grant());
  }

  private void add(Difference.Kind kind, Entry entry, String api) {
    PodView.Ref pod =
        new PodView.Ref(entry.holder().namespace(), entry.holder().name(), entry.uid());
    put(new Difference(kind, pod, entry.placement().node(), held(entry), api));
  }

  private void add(Difference.Kind kind, PodView pod, String ledger, String api) {
    put(new Difference(kind, pod.ref(), pod.nodeName(), ledger, api));
  }

  private void put(Difference difference) {
    differences.put(difference.pod().uid(), difference);
  }

  /** Every pod of the API server has been compared; where the two disagree, by uid. */
  Map<String, Difference> end() {
    for (Entry entry : unseen.values()) {
      add(Difference.Kind.GONE, entry, "there is no such pod");
    }
    unseen.clear();
    return differences;
  }
}
