package gpu.kerf.extender.state;

import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.stream.Collectors;

/** Slots in words. */
public final class SlotText {

  private SlotText() {}

  /** Every slot of a placement. */
  public static String of(Placement placement) {
    return placement.containers().isEmpty()
        ? "no slot"
        : placement.slots().stream().map(SlotText::of).collect(Collectors.joining(", "));
  }

  static String of(Slot slot) {
    if (slot instanceof Slot.Mig mig) {
      return "GPU " + mig.gpu() + " " + mig.profile().name() + " at slice " + mig.start();
    }
    return slot instanceof Slot.Share
        ? "GPU " + slot.gpu() + " " + slot.memoryMiB() + " MiB by MPS"
        : "GPU " + slot.gpu() + " whole";
  }
}
