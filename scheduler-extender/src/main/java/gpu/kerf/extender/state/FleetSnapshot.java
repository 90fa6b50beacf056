package gpu.kerf.extender.state;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.List;

/**
 * The managed nodes at one moment, and whether all of them could be read. Threads that do not own
 * the scheduling read this copy. It does not contain the slots that pods hold.
 */
public record FleetSnapshot(List<NodeSpec> nodes, boolean complete) {

  public static final FleetSnapshot EMPTY = new FleetSnapshot(List.of(), true);

  public FleetSnapshot {
    nodes = List.copyOf(nodes);
  }

  /** Taken on the thread that owns the scheduling. */
  static FleetSnapshot of(Scheduling scheduling) {
    Fleet fleet = scheduling.fleet();
    List<NodeSpec> nodes = new ArrayList<>(fleet.size());
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        nodes.add(node.spec());
      }
    }
    boolean complete =
        scheduling.problems().keySet().stream().noneMatch(key -> key.startsWith("node"));
    return new FleetSnapshot(nodes, complete);
  }
}
