package gpu.kerf.model.placement;

import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.DriverDevices.OfGpu;
import gpu.kerf.model.hardware.DriverDevices.Share;
import org.jspecify.annotations.Nullable;

/** Names the device by which a DRA driver, or HAMi's plugin in MIG mode, hands out a slot. */
public final class SlotDevice {
  private SlotDevice() {}

  /** The name of the device; null where the driver offers none for that slot. */
  public static @Nullable String of(Slot slot, DriverDevices devices) {
    OfGpu gpu = devices.of(slot.gpu());
    if (slot instanceof Slot.Mig mig) {
      return gpu.instance(mig.profile(), mig.start());
    }
    Share share = gpu.share();
    if (slot instanceof Slot.Share) {
      return share == null ? null : share.device();
    }
    return gpu.whole();
  }

  /** How much of the device's memory a slot consumes, in MiB; 0 where the device is not shared. */
  public static int consumedMiB(Slot slot, DriverDevices devices) {
    OfGpu gpu = devices.of(slot.gpu());
    Share share = gpu.share();
    if (share == null || slot instanceof Slot.Mig) {
      return 0;
    }
    if (slot instanceof Slot.Share) {
      return share.part(slot.memoryMiB());
    }
    return share.device().equals(gpu.whole()) ? share.memoryMiB() : 0;
  }
}
