package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * GPUs that get no new work but one, until that fits there.
 *
 * @param gpus by node, as bits
 * @param since in milliseconds
 * @param fillable whether borrowed work may run there until the rest is free; not where pods are
 *     being evicted for the work
 */
public record DrainedPlace(String work, Map<String, Long> gpus, long since, boolean fillable) {

  public DrainedPlace {
    gpus = Map.copyOf(gpus);
  }

  static DrainedPlace of(String work, List<Ledger.Claim> places, long since, boolean fillable) {
    Map<String, Long> gpus = new TreeMap<>();
    for (Ledger.Claim place : places) {
      for (Slot slot : place.placement().slots()) {
        gpus.merge(place.placement().node(), 1L << slot.gpu(), (one, other) -> one | other);
      }
    }
    return new DrainedPlace(work, gpus, since, fillable);
  }

  /** How many GPUs it has. */
  public int size() {
    return gpus.values().stream().mapToInt(Long::bitCount).sum();
  }

  /** Whether a pod holds a part of any of its GPUs. */
  boolean touches(Placement placement) {
    long bits = gpus.getOrDefault(placement.node(), 0L);
    return placement.slots().stream().anyMatch(slot -> (bits >> slot.gpu() & 1) != 0);
  }

  void block(Fleet fleet) {
    gpus.keySet()
        .forEach(
            name -> {
              NodeState node = fleet.node(name);
              if (node != null) {
                block(node);
              }
            });
  }

  /** Blocks its GPUs on a node, which may be a copy. */
  void block(NodeState node) {
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if ((bits(node) >> gpu & 1) != 0) {
        node.block(gpu);
      }
    }
  }

  void unblock(Fleet fleet) {
    for (String name : gpus.keySet()) {
      NodeState node = fleet.node(name);
      if (node != null) {
        unblock(node);
      }
    }
  }

  void unblock(NodeState node) {
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if ((bits(node) >> gpu & 1) != 0) {
        node.unblock(gpu);
      }
    }
  }

  private long bits(NodeState node) {
    return gpus.getOrDefault(node.name(), 0L);
  }
}
