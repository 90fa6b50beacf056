package gpu.kerf.model.fleet;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;

/** What is written on pods. */
public final class Grants {

  private Grants() {}

  /** As it is written by a ledger that knows the node; with indexes alone if it does not. */
  public static Grant grant(Ledger ledger, Placement placement) {
    NodeState node = ledger.fleet().node(placement.node());
    if (node == null) {
      return byIndex(placement);
    }
    boolean there = placement.slots().stream().allMatch(slot -> slot.gpu() < node.gpus());
    return there ? Grant.of(placement, node.spec()) : byIndex(placement);
  }

  /** As older versions wrote it for nodes without UUIDs. */
  public static Grant byIndex(Placement placement) {
    NodeSpec node =
        Nodes.node(placement.node()).with(NodeSpec.MOST_GPUS, Nodes.h100(), GpuMode.PLAIN).spec();
    Grant grant = Grant.of(placement, node);
    return new Grant(grant.node(), grant.containers(), "", grant.cpuMilli(), grant.hostMemoryMiB());
  }

  static Entry entry(
      Ledger ledger, Holder holder, Placement placement, State state, long since, long expires) {
    return new Entry(holder, grant(ledger, placement), placement, state, since, expires);
  }
}
