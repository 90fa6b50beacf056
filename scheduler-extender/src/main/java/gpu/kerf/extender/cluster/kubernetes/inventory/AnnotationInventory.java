package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.InventoryRecord;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import org.jspecify.annotations.Nullable;

/** Reads Kerf's own record on the node, which an agent or an administrator writes. */
public final class AnnotationInventory implements InventorySource {
  private final GpuCatalog catalog;

  public AnnotationInventory(GpuCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public String name() {
    return Annotations.INVENTORY;
  }

  @Override
  public @Nullable Inventory of(NodeFacts node) throws WireException {
    String json = node.annotation(Annotations.INVENTORY);
    if (json.isEmpty()) {
      return null;
    }
    InventoryRecord record = InventoryRecord.parse(json, catalog);
    return new Inventory(record.gpus(), record.topology(), record.unusable());
  }
}
