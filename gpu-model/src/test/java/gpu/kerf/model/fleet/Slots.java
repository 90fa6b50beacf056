package gpu.kerf.model.fleet;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.List;

/** The vocabulary of ledger tests: {@code on("a", share(0, 8192))}. */
final class Slots {

  private Slots() {}

  static Slot share(int gpu, int memoryMiB) {
    return new Slot.Share(gpu, memoryMiB, 0);
  }

  static Slot whole(int gpu) {
    return new Slot.Whole(gpu, Nodes.h100().memoryMiB());
  }

  /** Written {@code 3g.40gb@4}. */
  static Slot mig(int gpu, GpuModel model, String instance) {
    int at = instance.indexOf('@');
    int start = Integer.parseInt(instance.substring(at + 1));
    return new Slot.Mig(gpu, Nodes.profile(model, instance.substring(0, at)), start);
  }

  /** A pod with one container that takes neither CPU nor memory of the node. */
  static Placement on(String node, Slot... slots) {
    return on(0, node, slots);
  }

  static Placement on(int cpuMilli, String node, Slot... slots) {
    List<Placement.ContainerSlots> containers =
        List.of(new Placement.ContainerSlots("main", List.of(slots)));
    return new Placement(node, containers, cpuMilli, 0);
  }
}
