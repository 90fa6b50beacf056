package gpu.kerf.extender.wire;

import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.stream.Collectors;

/** Writes slots in words. */
public final class SlotText {

  private SlotText() {}

  /** Every slot of a placement. */
  public static String of(Placement placement) {
    return placement.containers().isEmpty()
        ? "no slot"
        : placement.slots().stream().map(SlotText::of).collect(Collectors.joining(", "));
  }

  /** Every slot of a grant, its GPUs by their UUIDs where these are known. */
  public static String of(Grant grant) {
    return grant.containers().isEmpty()
        ? "no slot"
        : grant.containers().stream()
            .flatMap(container -> container.slots().stream())
            .map(SlotText::of)
            .collect(Collectors.joining(", "));
  }

  private static String of(Grant.SlotGrant slot) {
    String gpu = "GPU " + (slot.uuid() == null ? slot.gpu() : slot.uuid());
    if (slot.profile() != null) {
      return gpu + " " + slot.profile() + " at start " + slot.start();
    }
    return slot.smMilli() >= 0 ? gpu + " " + slot.memoryMiB() + " MiB by MPS" : gpu + " whole";
  }

  /** One slot: the GPU, and which part of it. */
  public static String of(Slot slot) {
    if (slot instanceof Slot.Mig mig) {
      return "GPU " + mig.gpu() + " " + mig.profile().name() + " at slice " + mig.start();
    }
    return slot instanceof Slot.Share
        ? "GPU " + slot.gpu() + " " + slot.memoryMiB() + " MiB by MPS"
        : "GPU " + slot.gpu() + " whole";
  }
}
