package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.wire.MigReservations.Reservation;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Grant.ContainerGrant;
import gpu.kerf.model.fleet.Grant.SlotGrant;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The MIG instances that HAMi's scheduler has reserved for a pod, found on the node as it is now.
 *
 * @param gpus the GPUs of which the pod has these instances and nothing else, as bits
 */
record Reserved(List<SlotGrant> slots, long gpus) {
  static final Reserved NOTHING = new Reserved(List.of(), 0);

  /**
   * Where a GPU has a reservation that is no place of its profile, or where the list of devices
   * names it more or less often than the reservations do, nothing is said of that GPU.
   *
   * @param devices the list of devices in the form of HAMi's scheduler
   */
  static Reserved of(List<Reservation> reservations, String devices, NodeSpec node) {
    List<SlotGrant> slots = new ArrayList<>();
    long gpus = 0;
    for (int gpu = 0; gpu < node.gpus().size(); gpu++) {
      List<SlotGrant> found = new ArrayList<>();
      String uuid = node.gpus().get(gpu).uuid();
      int reserved = 0;
      for (Reservation each : reservations) {
        if (each.gpu().equals(uuid)) {
          reserved++;
          SlotGrant slot = slot(gpu, each, node.gpus().get(gpu).model());
          if (slot != null) {
            found.add(slot);
          }
        }
      }
      if (reserved > 0 && found.size() == reserved && count(devices, uuid + ",") == reserved) {
        slots.addAll(found);
        gpus |= 1L << gpu;
      }
    }
    return slots.isEmpty() ? NOTHING : new Reserved(List.copyOf(slots), gpus);
  }

  private static @Nullable SlotGrant slot(int gpu, Reservation reserved, GpuModel model) {
    MigProfile profile = model.profile(reserved.profile());
    boolean fits =
        profile != null
            && profile.sliceOfDriver(reserved.start()) >= 0
            && profile.size() * model.placementUnit() == reserved.size();
    return profile == null || !fits
        ? null
        : new SlotGrant(
            gpu,
            reserved.gpu(),
            profile.name(),
            reserved.start(),
            null,
            -1,
            Math.max(1, profile.memoryMiB()));
  }

  private static int count(String text, String part) {
    int count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  Grant grant(String node) {
    return new Grant(node, List.of(new ContainerGrant("", slots)), "", 0, 0);
  }
}
