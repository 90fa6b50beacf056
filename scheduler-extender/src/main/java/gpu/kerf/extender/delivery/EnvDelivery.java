package gpu.kerf.extender.delivery;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.Mps;
import gpu.kerf.extender.wire.PlacementRecord;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Delivery by environment variables that the container reads from its pod's annotations.
 *
 * <p>Devices are named by uuid where it is known, else by index: {@code 3} for a GPU, {@code 3:1}
 * for the second MIG instance on it. An instance that does not exist yet has no name: its container
 * gets {@code void}, and no device.
 */
public final class EnvDelivery implements Delivery {

  private static final String NO_DEVICE = "void";

  @Override
  public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
    return CompletableFuture.completedFuture(Prepared.with(annotations(deliveryRequest)));
  }

  /** For nodes where another program builds the walls: the record and the devices alone. */
  static Map<String, String> withoutMps(DeliveryRequest deliveryRequest) {
    Map<String, String> annotations = annotations(deliveryRequest);
    annotations.keySet().removeIf(key -> key.startsWith("kerf.gpu/mps-"));
    return annotations;
  }

  /** For nodes where a driver is told by the API server: the record alone. */
  static Map<String, String> record(DeliveryRequest deliveryRequest) {
    return Map.of(
        Annotations.PLACEMENT,
        PlacementRecord.write(deliveryRequest.placement(), deliveryRequest.node()));
  }

  private static Map<String, String> annotations(DeliveryRequest deliveryRequest) {
    Map<String, String> annotations = new LinkedHashMap<>();
    if (!deliveryRequest.hasGpus()) {
      return annotations;
    }
    annotations.putAll(record(deliveryRequest));
    for (ContainerSlots container : deliveryRequest.served()) {
      add(container, deliveryRequest.node(), annotations);
    }
    return annotations;
  }

  private static void add(
      ContainerSlots container, NodeSpec node, Map<String, String> annotations) {
    List<String> devices = new ArrayList<>();
    List<String> memory = new ArrayList<>();
    int smMilli = 0;
    for (Slot slot : container.slots()) {
      devices.add(device(slot, node.gpus().get(slot.gpu())));
      if (slot instanceof Slot.Share share) {
        // The index counts the devices that the container sees.
        memory.add(memory.size() + "=" + share.memoryMiB() + "M");
        smMilli = share.smMilli();
      }
    }
    String name = container.container();
    annotations.put(
        Annotations.VISIBLE_DEVICES + name,
        devices.contains(NO_DEVICE) ? NO_DEVICE : String.join(",", devices));
    if (!memory.isEmpty()) {
      annotations.put(Annotations.MPS_MEMORY + name, String.join(",", memory));
      annotations.put(Annotations.MPS_PIPE + name, Mps.PIPES);
    }
    if (smMilli > 0) {
      annotations.put(Annotations.MPS_THREADS + name, "" + Math.max(1, smMilli / 10));
    }
  }

  private static String device(Slot slot, GpuSpec gpu) {
    if (slot instanceof Slot.Mig mig) {
      return instance(mig, gpu);
    }
    return gpu.uuid() != null ? gpu.uuid() : "" + slot.gpu();
  }

  private static String instance(Slot.Mig slot, GpuSpec gpu) {
    List<MigInstance> instances = gpu.instances();
    for (int i = 0; i < instances.size(); i++) {
      MigInstance instance = instances.get(i);
      if (instance.start() == slot.start() && instance.profile().equals(slot.profile())) {
        return instance.uuid() != null ? instance.uuid() : slot.gpu() + ":" + i;
      }
    }
    return NO_DEVICE;
  }
}
