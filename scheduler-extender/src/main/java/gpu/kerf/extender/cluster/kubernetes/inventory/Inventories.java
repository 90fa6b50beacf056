package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import java.util.List;

/** Reads a node with the first source that finds a record on it, also if that record is invalid. */
public final class Inventories {

  private final List<InventorySource> sources;

  public Inventories(List<InventorySource> sources) {
    this.sources = List.copyOf(sources);
  }

  /** All ways, those that say most first. */
  public static Inventories all(GpuCatalog catalog, SliceInventory slices) {
    return new Inventories(
        List.of(
            new AnnotationInventory(catalog),
            slices,
            new HamiInventory(catalog),
            new LabelInventory(catalog)));
  }

  public Inventory of(NodeFacts node) throws WireException {
    for (InventorySource source : sources) {
      Inventory inventory = source.of(node);
      if (inventory != null) {
        return inventory;
      }
    }
    throw new WireException(
        "The node says nothing of its GPUs: there is no annotation kerf.gpu/inventory, no"
            + " ResourceSlice of gpu.nvidia.com, no annotation hami.io/node-nvidia-register, and no"
            + " label nvidia.com/gpu.product.\n"
            + "Publish one of them, or remove the label kerf.gpu/managed.");
  }
}
