package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.cluster.kubernetes.inventory.HamiRegister.Entry;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs that HAMi's device plugin registers on its node. A GPU in MIG mode is listed, but not
 * used: who serves pods there is another question ({@link HamiMigInventory}).
 */
public final class HamiInventory implements InventorySource {
  public static final String ANNOTATION = HamiRegister.ANNOTATION;

  /** How many containers share a GPU by default. */
  private static final int DEFAULT_COPIES = 10;

  private final GpuCatalog catalog;

  public HamiInventory(GpuCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public String name() {
    return ANNOTATION;
  }

  @Override
  public @Nullable Inventory of(NodeFacts node) throws WireException {
    List<Entry> entries = HamiRegister.read(node);
    for (int i = 0; i < entries.size(); i++) {
      int index = entries.get(i).index();
      if (index != i) {
        throw new WireException(
            "The annotation "
                + ANNOTATION
                + " has the GPU index ("
                + index
                + ") twice or leaves others out.");
      }
    }
    return entries.isEmpty() ? null : inventory(entries);
  }

  private Inventory inventory(List<Entry> entries) throws WireException {
    List<GpuSpec> gpus = new ArrayList<>();
    Topology.Builder topology = Topology.of(entries.size());
    long unusable = 0;
    for (Entry entry : entries) {
      int index = gpus.size();
      GpuModel model = Cards.find(catalog, entry.product(), entry.memoryMiB());
      // HAMi may be told to promise more memory than there is; what the card has is the limit.
      int memory = entry.memoryMiB() > 0 ? entry.memoryMiB() : model.memoryMiB();
      int clients = entry.copies() > 0 ? Math.min(entry.copies(), Byte.MAX_VALUE) : DEFAULT_COPIES;
      gpus.add(new GpuSpec(entry.uuid(), model, memory, GpuMode.PLAIN, List.of(), clients));
      topology.numa(index, entry.numa());
      unusable |= entry.healthy() && !entry.mode().equals(HamiRegister.MIG) ? 0 : 1L << index;
    }
    return new Inventory(gpus, topology.build(), unusable);
  }
}
