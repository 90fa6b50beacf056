package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.kubernetes.inventory.HamiInventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventory;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import java.util.List;

/**
 * Decides which program hands out the GPUs of a node.
 *
 * <p>The label {@code kerf.gpu/delivery} decides. Without the label it is HAMi's device plugin
 * where that has registered, gpushare's where its resource is advertised, and else no device
 * plugin. The records of a device plugin count until an administrator removes them, because a
 * plugin that restarts must not look like one that was removed.
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
    if (way == DeliveryWay.DRA) {
      throw new WireException("The label " + LABEL + " (dra): no DRA driver hands out these GPUs.");
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
