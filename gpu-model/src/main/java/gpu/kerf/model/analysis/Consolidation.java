package gpu.kerf.model.analysis;

import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How few GPUs of one model would be enough for the pods that run on them now, if every pod could
 * be moved.
 *
 * <p>It looks at GPUs alone. It ignores that the parts of one pod need distinct GPUs of one node,
 * and that pods need CPU. A GPU keeps its mode. Static MIG instances cannot be created anew, so for
 * them the number that is achieved is the number in use.
 *
 * @param inUse GPUs that hold anything now
 * @param whole GPUs that are held whole: nothing can be saved there
 */
public record Consolidation(GpuModel model, int inUse, int whole, Fewest mig, Fewest shares) {

  /** No arrangement does with less. */
  public int atLeast() {
    return whole + mig.atLeast() + shares.atLeast();
  }

  /** An arrangement on so many is known. */
  public int achieved() {
    return whole + mig.achieved() + shares.achieved();
  }

  /** Of every model on which something runs, in the order in which the fleet saw them first. */
  public static List<Consolidation> of(Ledger ledger) {
    Map<GpuModel, ModelUsage> loads = new LinkedHashMap<>();
    for (int i = 0; i < ledger.fleet().models().size(); i++) {
      GpuModel model = ledger.fleet().models().get(i);
      loads.put(model, new ModelUsage(model));
    }
    for (Entry entry : running(ledger)) {
      NodeState node = ledger.fleet().node(entry.placement().node());
      if (node != null) {
        entry.placement().slots().forEach(slot -> load(loads, node, slot.gpu()).add(node, slot));
      }
    }
    return loads.values().stream().filter(ModelUsage::isAny).map(ModelUsage::consolidated).toList();
  }

  private static ModelUsage load(Map<GpuModel, ModelUsage> loads, NodeState node, int gpu) {
    return loads.computeIfAbsent(node.gpuModel(gpu), ModelUsage::new);
  }

  /** Proposals do not run yet, and what does not stand is nowhere. */
  private static List<Entry> running(Ledger ledger) {
    Set<String> conflicts = new HashSet<>();
    for (Conflict conflict : ledger.conflicts()) {
      conflicts.add(conflict.entry().uid());
    }
    List<Entry> running = new ArrayList<>();
    for (Entry entry : ledger.entries()) {
      if (entry.state() != Entry.State.PROPOSED && !conflicts.contains(entry.uid())) {
        running.add(entry);
      }
    }
    return running;
  }
}
