package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a node with the first source that finds a record on it, also if that record is invalid. */
public final class Inventories {

  private final List<InventorySource> sources;
  private final DriverInventory driver;
  private final HamiMigInventory hamiMig;

  public Inventories(
      List<InventorySource> sources, DriverInventory driver, HamiMigInventory hamiMig) {
    this.sources = List.copyOf(sources);
    this.driver = driver;
    this.hamiMig = hamiMig;
  }

  /** All ways, those that say most first. */
  public static Inventories all(GpuCatalog catalog, DriverPools pools) {
    return new Inventories(
        List.of(
            new AnnotationInventory(catalog),
            new SliceInventory(catalog, pools),
            new HamiInventory(catalog),
            new LabelInventory(catalog)),
        new DriverInventory(catalog, pools),
        new HamiMigInventory(catalog));
  }

  /** What a DRA driver hands out on a node; null if none publishes all that it has there. */
  public @Nullable Inventory ofDriver(String node) throws WireException {
    return driver.of(node);
  }

  /** What HAMi's device plugin cuts on demand on a node. */
  public Inventory ofHamiMig(NodeFacts node) throws WireException {
    return hamiMig.of(node);
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
