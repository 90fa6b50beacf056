package gpu.kerf.extender.delivery;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.LockResult;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Delivery for nodes where HAMi's device plugin hands out the GPUs, and its library in the
 * container enforces the limits.
 *
 * <p>The kubelet does not tell the plugin which pod a call is for. It serves the pod that the
 * node's lock names, so the lock is taken before the pod is bound; the plugin releases it when the
 * last container has its devices. What each container gets stands on the pod, one entry for every
 * container in the order in which the kubelet starts them:
 *
 * <pre>
 * uuid,NVIDIA,memory MiB,per cent of the multiprocessors:...:;
 * </pre>
 */
public final class HamiDelivery implements Delivery {
  static final String TO_ALLOCATE = "hami.io/vgpu-devices-to-allocate";
  static final String ALLOCATED = "hami.io/vgpu-devices-allocated";
  static final String NODE = "hami.io/vgpu-node";
  static final String TIME = "hami.io/vgpu-time";
  static final String BIND_TIME = "hami.io/bind-time";
  static final String PHASE = "hami.io/bind-phase";

  private static final String KIND = "NVIDIA";
  private static final int ALL_CORES = 100;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final NodeQueues queues;

  public HamiDelivery(Scheduling scheduling, Cluster cluster) {
    this(scheduling, cluster, Delays.ofJdk());
  }

  public HamiDelivery(Scheduling scheduling, Cluster cluster, Delays delays) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.queues = new NodeQueues(scheduling::elapsedMillis, scheduling.loop(), delays);
  }

  @Override
  public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
    if (!deliveryRequest.hasGpus()) {
      return CompletableFuture.completedFuture(Prepared.with(Map.of()));
    }
    return queues.take(deliveryRequest, () -> attempt(deliveryRequest));
  }

  /**
   * What the API server itself says of the pod: the order of its containers cannot have changed.
   */
  private CompletionStage<Optional<Prepared>> attempt(DeliveryRequest deliveryRequest) {
    return cluster
        .read(deliveryRequest.pod())
        .thenCompose(found -> withPod(deliveryRequest, found));
  }

  private CompletionStage<Optional<Prepared>> withPod(
      DeliveryRequest deliveryRequest, Optional<PodView> found) {
    PodView pod = found.orElse(null);
    if (pod == null || !pod.uid().equals(deliveryRequest.pod().uid())) {
      return ready(Prepared.not(VerbError.POD_GONE));
    }
    if (pod.isBound()) {
      // An earlier call got through; the plugin may have released the lock since.
      return ready(Prepared.with(annotations(deliveryRequest, pod)));
    }
    return cluster
        .lock(deliveryRequest.node().name(), deliveryRequest.pod())
        .thenApply(result -> withLock(result, deliveryRequest, pod));
  }

  private Optional<Prepared> withLock(
      LockResult result, DeliveryRequest deliveryRequest, PodView pod) {
    return result == LockResult.TAKEN
        ? Optional.of(Prepared.with(annotations(deliveryRequest, pod)))
        : Optional.empty();
  }

  private static CompletionStage<Optional<Prepared>> ready(Prepared prepared) {
    return CompletableFuture.completedFuture(Optional.of(prepared));
  }

  private Map<String, String> annotations(DeliveryRequest deliveryRequest, PodView pod) {
    String devices = devices(deliveryRequest, pod);
    String seconds = "" + scheduling.wallMillis() / 1_000;
    Map<String, String> annotations = EnvDelivery.withoutMps(deliveryRequest);
    annotations.put(TO_ALLOCATE, devices);
    annotations.put(ALLOCATED, devices);
    annotations.put(NODE, deliveryRequest.node().name());
    annotations.put(TIME, seconds);
    annotations.put(BIND_TIME, seconds);
    annotations.put(PHASE, "allocating");
    return annotations;
  }

  private static String devices(DeliveryRequest deliveryRequest, PodView pod) {
    Map<String, List<Slot>> slots = new HashMap<>();
    for (ContainerSlots each : deliveryRequest.served()) {
      slots.put(each.container(), each.slots());
    }
    StringBuilder devices = new StringBuilder();
    for (PodView.Container container : pod.initContainers()) {
      add(slots.getOrDefault(container.name(), List.of()), deliveryRequest.node(), devices);
    }
    for (PodView.Container container : pod.containers()) {
      add(slots.getOrDefault(container.name(), List.of()), deliveryRequest.node(), devices);
    }
    return devices.toString();
  }

  private static void add(List<Slot> slots, NodeSpec node, StringBuilder devices) {
    for (Slot slot : slots) {
      devices
          .append(Objects.requireNonNull(node.gpus().get(slot.gpu()).uuid()))
          .append(',')
          .append(KIND)
          .append(',')
          .append(memoryMiB(slot, node))
          .append(',')
          .append(cores(slot))
          .append(':');
    }
    devices.append(';');
  }

  /** HAMi knows a whole GPU by having all of its memory, and all of its cores. */
  private static int memoryMiB(Slot slot, NodeSpec node) {
    return slot instanceof Slot.Whole ? node.gpus().get(slot.gpu()).memoryMiB() : slot.memoryMiB();
  }

  private static int cores(Slot slot) {
    if (slot instanceof Slot.Share share) {
      return share.smMilli() == 0 ? 0 : Math.max(1, share.smMilli() / 10);
    }
    return ALL_CORES;
  }

  @Override
  public void undo(DeliveryRequest deliveryRequest) {
    if (deliveryRequest.hasGpus()) {
      cluster.unlock(deliveryRequest.node().name(), deliveryRequest.pod());
    }
  }
}
