package gpu.kerf.extender.usage;

import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.usage.UsagePart;
import java.util.ArrayList;
import java.util.List;

/** What the slots of a placement count as. */
final class Parts {

  private static final String WHOLE = "whole";

  private Parts() {}

  static List<UsagePart> of(Placement placement, NodeSpec node) {
    List<UsagePart> parts = new ArrayList<>();
    for (Slot slot : placement.slots()) {
      if (slot.gpu() < node.gpus().size()) {
        parts.add(part(slot, node, node.gpus().get(slot.gpu())));
      }
    }
    return List.copyOf(parts);
  }

  private static UsagePart part(Slot slot, NodeSpec node, GpuSpec gpu) {
    String uuid = gpu.uuid();
    return new UsagePart(
        uuid == null ? node.name() + "/" + slot.gpu() : uuid,
        gpu.model().name(),
        slot instanceof Slot.Whole ? WHOLE : slot.wall().word(),
        GpuMeasure.milli(slot, gpu),
        slot.memoryMiB());
  }
}
