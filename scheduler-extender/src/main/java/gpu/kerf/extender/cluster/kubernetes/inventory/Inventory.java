package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs of a node.
 *
 * @param unusable the GPUs that exist but must get no new pods, as bits
 * @param devices the devices by which a DRA driver hands them out; null where none does
 */
public record Inventory(
    List<GpuSpec> gpus, Topology topology, long unusable, @Nullable DriverDevices devices) {
  public Inventory {
    gpus = List.copyOf(gpus);
  }

  /** GPUs that no DRA driver hands out. */
  public Inventory(List<GpuSpec> gpus, Topology topology, long unusable) {
    this(gpus, topology, unusable, null);
  }

  /** Whether the UUIDs of all GPUs are known. */
  public boolean isNamed() {
    return !gpus.isEmpty() && gpus.stream().allMatch(gpu -> gpu.uuid() != null);
  }
}
