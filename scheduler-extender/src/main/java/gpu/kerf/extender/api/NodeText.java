package gpu.kerf.extender.api;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.GpuFigures;
import gpu.kerf.extender.wire.SlotText;
import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which pods hold the GPUs of a node, as text for a terminal. */
final class NodeText {
  private static final String ALL = "";

  private final Scheduling scheduling;
  private final Supplier<@Nullable UsualDemands> usual;

  NodeText(Scheduling scheduling, Supplier<@Nullable UsualDemands> usual) {
    this.scheduling = scheduling;
    this.usual = usual;
  }

  /**
   * Null if there is no such node, or no such GPU.
   *
   * @param gpu the index of one GPU; empty for all
   */
  @Nullable String one(String name, String gpu, Viewer viewer) {
    NodeState node = scheduling.fleet().node(name);
    if (node == null) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < node.gpus(); i++) {
      if (gpu.equals(ALL) || gpu.equals(Integer.toString(i))) {
        gpu(text, node, i, viewer);
      }
    }
    return text.isEmpty() && !gpu.equals(ALL) ? null : text.toString();
  }

  private void gpu(StringBuilder text, NodeState node, int gpu, Viewer viewer) {
    GpuSpec spec = node.spec().gpus().get(gpu);
    GpuFigures figures = GpuFigures.of(node, gpu, usual.get());
    text.append("GPU ").append(gpu).append(": ").append(spec.model().name());
    text.append(" (").append(spec.mode().word()).append("), ");
    text.append(DemandText.memory((int) figures.freeMiB())).append(" free");
    if (figures.strandedMiB() > 0) {
      text.append(", ").append(DemandText.memory((int) figures.strandedMiB())).append(" stranded");
    }
    if (figures.largestMiB() > 0 && figures.largestMiB() != figures.freeMiB()) {
      text.append(", ").append(DemandText.memory(figures.largestMiB())).append(" in one piece");
    }
    text.append(node.isUsable(gpu) ? "" : ", out of use").append('\n');
    for (Entry entry : scheduling.ledger().entriesOn(node.name())) {
      for (Placement.ContainerSlots container : entry.placement().containers()) {
        for (Slot slot : container.slots()) {
          if (slot.gpu() == gpu) {
            text.append("  ").append(holder(entry, container.container(), viewer));
            text.append(": ").append(SlotText.of(slot)).append('\n');
          }
        }
      }
    }
    others(text, node.name(), gpu, viewer);
  }

  private void others(StringBuilder text, String node, int gpu, Viewer viewer) {
    String what = NodeJson.isOfPods(scheduling, node) ? "" : "ResourceClaim ";
    for (ForeignHold hold : scheduling.ledger().holdsOn(node)) {
      boolean seen = viewer.seesNamespace(hold.namespace());
      String name = seen ? what + hold.namespace() + "/" + hold.name() : Viewer.ANOTHER_TEAM;
      for (Slot slot : scheduling.ledger().slotsOf(hold)) {
        if (slot.gpu() == gpu) {
          text.append("  ").append(name).append(": ").append(SlotText.of(slot)).append('\n');
        }
      }
    }
  }

  private static String holder(Entry entry, String container, Viewer viewer) {
    if (!viewer.seesNamespace(entry.holder().namespace())) {
      return Viewer.ANOTHER_TEAM;
    }
    String state = entry.state() == Entry.State.BOUND ? "" : " (" + Json.word(entry.state()) + ")";
    return entry.holder().namespace()
        + "/"
        + entry.holder().name()
        + " container "
        + container
        + state;
  }
}
