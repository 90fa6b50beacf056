package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.kubernetes.inventory.HamiInventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventory;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import java.util.List;

/**
 * Who hands the GPUs of a node out.
 *
 * <p>The label {@code kerf.gpu/delivery} says it. Without it: HAMi's device plugin where it has
 * registered, gpushare's where its resource is advertised, else nobody. What a device plugin left
 * behind counts until somebody removes it, for one that restarts must not look like one that is
 * gone.
 */
final class NodeDelivery {
  static final String LABEL = "kerf.gpu/delivery";
  static final String GPUSHARE_MEMORY = "aliyun.com/gpu-mem";

  private NodeDelivery() {}

  static DeliveryWay of(NodeObject node) throws WireException {
    String label = node.facts().label(LABEL);
    if (!label.isEmpty()) {
      return parse(label);
    }
    if (!node.facts().annotation(HamiInventory.ANNOTATION).isBlank()) {
      return DeliveryWay.HAMI;
    }
    boolean gpushare = node.advertised().containsKey(GPUSHARE_MEMORY);
    return gpushare ? DeliveryWay.GPUSHARE : DeliveryWay.ENV;
  }

  private static DeliveryWay parse(String label) throws WireException {
    try {
      return DeliveryWay.parse(label);
    } catch (IllegalArgumentException e) {
      throw new WireException("The label " + LABEL + ": " + e.getMessage());
    }
  }

  /** What of an inventory can be handed out in a way: device plugins of others cut nothing. */
  static Inventory fit(Inventory inventory, DeliveryWay way) throws WireException {
    if (way == DeliveryWay.ENV) {
      return inventory;
    }
    List<GpuSpec> gpus = inventory.gpus();
    long unusable = inventory.unusable();
    for (int gpu = 0; gpu < gpus.size(); gpu++) {
      unusable |= gpus.get(gpu).mode() == GpuMode.PLAIN ? 0 : 1L << gpu;
      if (way == DeliveryWay.HAMI && gpus.get(gpu).uuid() == null) {
        throw new WireException(
            "HAMi's device plugin knows GPUs by their uuids, and nothing says that of GPU "
                + gpu
                + ".\nLet the plugin register the node, or publish kerf.gpu/inventory with uuids.");
      }
    }
    return new Inventory(gpus, inventory.topology(), unusable);
  }
}
