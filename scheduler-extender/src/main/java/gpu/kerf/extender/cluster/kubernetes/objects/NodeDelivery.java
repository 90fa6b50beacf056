package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.kubernetes.inventory.HamiInventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventory;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import java.util.List;

/**
 * Decides which program hands out the GPUs of a node.
 *
 * <p>The label {@code kerf.gpu/delivery} decides, and it alone says that HAMi's device plugin makes
 * MIG instances: pods must select that label. Without the label it is HAMi's device plugin where
 * that has registered, gpushare's where its resource is advertised, a DRA driver where that is
 * switched on, the driver has published all its devices, the kubelet is new enough, no device
 * plugin of NVIDIA's resources has registered and no administrator describes the GPUs by an
 * annotation, and else no device plugin. The records of a device plugin count until an
 * administrator removes them, because a plugin that restarts must not look like one that was
 * removed.
 */
final class NodeDelivery {
  static final String LABEL = Annotations.DELIVERY;
  static final String GPUSHARE_MEMORY = "aliyun.com/gpu-mem";

  private NodeDelivery() {}

  /**
   * @param published whether a DRA driver has published all devices of the node
   * @param wasByDriver whether a DRA driver handed out its GPUs when that was last known
   */
  static DeliveryWay of(NodeObject node, boolean published, DraNodes dra, boolean wasByDriver)
      throws WireException {
    String label = node.facts().label(LABEL);
    if (!label.isEmpty()) {
      DeliveryWay way = parse(label);
      if (way == DeliveryWay.DRA) {
        refuseWithoutDra(node, published);
      }
      return way;
    }
    if (!node.facts().annotation(HamiInventory.ANNOTATION).isBlank()) {
      return DeliveryWay.HAMI;
    }
    if (node.advertised().containsKey(GPUSHARE_MEMORY)) {
      return DeliveryWay.GPUSHARE;
    }
    boolean can =
        dra == DraNodes.ALL_THAT_CAN
            && node.kubelet().handsOutByDra()
            && !node.devicePlugin()
            && node.facts().annotation(Annotations.INVENTORY).isBlank();
    if (can && wasByDriver && !published) {
      throw new WireException(
          "The DRA driver that handed out the GPUs of the node lists none any more.\n"
              + "It lists them again when it runs; if it was removed, label the node with "
              + LABEL
              + "=env.");
    }
    return can && published ? DeliveryWay.DRA : DeliveryWay.ENV;
  }

  private static void refuseWithoutDra(NodeObject node, boolean published) throws WireException {
    if (!node.kubelet().handsOutByDra()) {
      throw new WireException(
          "The label "
              + LABEL
              + " is dra, and the kubelet ("
              + node.kubelet().version()
              + ") is older than 1.36: it would start pods without their GPUs.\n"
              + "Update the kubelet, or remove the label.");
    }
    if (!published) {
      throw new WireException(
          "The label "
              + LABEL
              + " is dra, and the ResourceSlices of gpu.nvidia.com list no GPUs of the node, or"
              + " not all yet.\n"
              + "The DRA driver publishes them when it starts on the node; if this lasts, see its"
              + " log.");
    }
  }

  private static DeliveryWay parse(String label) throws WireException {
    try {
      return DeliveryWay.parse(label);
    } catch (IllegalArgumentException e) {
      throw new WireException("The label " + LABEL + ": " + e.getMessage());
    }
  }

  /**
   * The GPUs, as bits, that get no pods while HAMi's device plugin is away from a node in MIG mode.
   * The kubelet drops a resource that its node does not have, and the pod has no variable that says
   * what it sees: it would run with what its image asks for.
   */
  static long unserved(NodeObject node, Inventory inventory, DeliveryWay way) {
    return way == DeliveryWay.HAMI_MIG && !node.givesGpus()
        ? -1L >>> (Long.SIZE - inventory.gpus().size())
        : 0;
  }

  /** What of an inventory can be handed out in a way: device plugins of others cut nothing. */
  static Inventory fit(Inventory inventory, DeliveryWay way) throws WireException {
    if (way == DeliveryWay.ENV || way.namesDevices()) {
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
