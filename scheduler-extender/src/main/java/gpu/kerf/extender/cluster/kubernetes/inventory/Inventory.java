package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.List;

/**
 * The GPUs of a node.
 *
 * @param unusable the GPUs that exist but must get no new pods, as bits
 */
public record Inventory(List<GpuSpec> gpus, Topology topology, long unusable) {
  public Inventory {
    gpus = List.copyOf(gpus);
  }

  /** Whether the UUIDs of all GPUs are known. */
  public boolean isNamed() {
    return !gpus.isEmpty() && gpus.stream().allMatch(gpu -> gpu.uuid() != null);
  }
}
