package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the labels of GPU feature discovery: equal GPUs, known by their indexes alone. The labels
 * do not tell the positions of MIG instances, so a node with MIG instances is not usable with them.
 */
public final class LabelInventory implements InventorySource {
  private static final String PRODUCT = "nvidia.com/gpu.product";
  private static final String COUNT = "nvidia.com/gpu.count";
  private static final String MEMORY = "nvidia.com/gpu.memory";

  private final GpuCatalog catalog;

  public LabelInventory(GpuCatalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public String name() {
    return "labels of GPU feature discovery";
  }

  @Override
  public @Nullable Inventory of(NodeFacts node) throws WireException {
    String product = node.label(PRODUCT);
    if (product.isEmpty()) {
      return null;
    }
    refuseMig(node, product);
    int count = number(node, COUNT, NodeSpec.MOST_GPUS);
    int memory = node.label(MEMORY).isEmpty() ? 0 : number(node, MEMORY, 1 << 24);
    GpuModel model = Cards.find(catalog, product, memory);
    int reported = memory > 0 ? memory : model.memoryMiB();
    GpuSpec gpu = new GpuSpec(null, model, reported, GpuMode.PLAIN, List.of());
    return new Inventory(Collections.nCopies(count, gpu), Topology.uniform(count), 0);
  }

  private static void refuseMig(NodeFacts node, String product) throws WireException {
    boolean instances = node.labels().entrySet().stream().anyMatch(LabelInventory::countsInstances);
    if (instances || product.toUpperCase(Locale.ROOT).contains("-MIG-")) {
      throw new WireException(
          "The node has MIG instances, and the labels of GPU feature discovery do not say where"
              + " they lie.\nPublish kerf.gpu/inventory, or let the NVIDIA DRA driver publish"
              + " ResourceSlices.");
    }
  }

  private static boolean countsInstances(Map.Entry<String, String> label) {
    return label.getKey().startsWith("nvidia.com/mig-")
        && label.getKey().endsWith(".count")
        && !label.getValue().equals("0");
  }

  private static int number(NodeFacts node, String key, int most) throws WireException {
    String written = node.label(key);
    int value = written.matches("[0-9]{1,9}") ? Integer.parseInt(written) : -1;
    if (value < 1 || value > most) {
      throw new WireException(
          "The label " + key + " (" + written + ") is not a number from 1 to " + most + ".");
    }
    return value;
  }
}
