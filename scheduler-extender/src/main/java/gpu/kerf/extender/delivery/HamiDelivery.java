package gpu.kerf.extender.delivery;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.LockResult;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.MigReservations;
import gpu.kerf.extender.wire.MigReservations.Reservation;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.SlotDevice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Delivery for nodes where HAMi's device plugin hands out the GPUs: shares, whose limits its
 * library in the container enforces, or MIG instances, which it makes when the kubelet asks for
 * them.
 *
 * <p>The kubelet does not tell the plugin which pod a call is for. It serves the pod that the
 * node's lock names, so the lock is taken before the pod is bound; the plugin releases it when the
 * last container has its devices. What each container gets stands on the pod, one entry for every
 * container in the order in which the kubelet starts them:
 *
 * <pre>
 * uuid,NVIDIA,memory MiB,per cent of the multiprocessors:...:;
 * </pre>
 *
 * <p>In MIG mode the pod carries the reserved instances as well ({@link MigReservations}), and no
 * variable of Kerf's: a variable of the pod would win over the one in which the plugin names the
 * instance, which has no name before it is made. Before it makes one, the plugin destroys the
 * instances of pods that are being deleted, and gives up if one of them is in use. So nothing is
 * bound to the node while such a pod is there.
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
    // At once, so that kube-scheduler can try another node.
    return waitsForAnEnd(deliveryRequest)
        ? CompletableFuture.completedFuture(Prepared.not(VerbError.INSTANCE_ENDING))
        : queues.take(deliveryRequest, () -> attempt(deliveryRequest));
  }

  private static boolean isCut(DeliveryRequest deliveryRequest) {
    return deliveryRequest.node().delivery() == DeliveryWay.HAMI_MIG;
  }

  /** Whether a pod that is being deleted, or was by force, may still use an instance. */
  private boolean waitsForAnEnd(DeliveryRequest deliveryRequest) {
    if (!isCut(deliveryRequest)) {
      return false;
    }
    for (Entry entry : scheduling.ledger().entriesOn(deliveryRequest.node().name())) {
      if (entry.state() != Entry.State.PROPOSED
          && !entry.uid().equals(deliveryRequest.pod().uid())
          && !entry.grant().containers().isEmpty()
          && isEnding(entry)) {
        return true;
      }
    }
    return false;
  }

  private boolean isEnding(Entry entry) {
    KnownPod pod = scheduling.pods().get(entry.uid());
    return entry.state() == Entry.State.QUARANTINED || (pod != null && pod.terminating());
  }

  /**
   * What the API server itself says of the pod: the order of its containers cannot have changed.
   */
  private CompletionStage<Optional<Prepared>> attempt(DeliveryRequest deliveryRequest) {
    if (waitsForAnEnd(deliveryRequest)) {
      return ready(Prepared.not(VerbError.INSTANCE_ENDING));
    }
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
    List<List<Slot>> slots = slots(deliveryRequest, pod);
    String devices = devices(slots, deliveryRequest.node());
    String seconds = "" + scheduling.wallMillis() / 1_000;
    Map<String, String> annotations = new LinkedHashMap<>();
    if (isCut(deliveryRequest)) {
      annotations.putAll(EnvDelivery.record(deliveryRequest));
      annotations.put(
          MigReservations.ANNOTATION,
          MigReservations.write(reservations(slots, deliveryRequest.node())));
    } else {
      annotations.putAll(EnvDelivery.withoutMps(deliveryRequest));
    }
    annotations.put(TO_ALLOCATE, devices);
    annotations.put(ALLOCATED, devices);
    annotations.put(NODE, deliveryRequest.node().name());
    annotations.put(TIME, seconds);
    annotations.put(BIND_TIME, seconds);
    annotations.put(PHASE, "allocating");
    return annotations;
  }

  /** What each container of the pod gets, in the order in which the kubelet asks for them. */
  private static List<List<Slot>> slots(DeliveryRequest deliveryRequest, PodView pod) {
    Map<String, List<Slot>> byName = new HashMap<>();
    for (ContainerSlots each : deliveryRequest.served()) {
      byName.put(each.container(), each.slots());
    }
    List<List<Slot>> slots = new ArrayList<>();
    for (PodView.Container container : pod.initContainers()) {
      slots.add(byName.getOrDefault(container.name(), List.of()));
    }
    for (PodView.Container container : pod.containers()) {
      slots.add(byName.getOrDefault(container.name(), List.of()));
    }
    return slots;
  }

  private static String devices(List<List<Slot>> containers, NodeSpec node) {
    StringBuilder devices = new StringBuilder();
    for (List<Slot> slots : containers) {
      for (Slot slot : slots) {
        devices
            .append(uuid(slot, node))
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
    return devices.toString();
  }

  private static List<Reservation> reservations(List<List<Slot>> containers, NodeSpec node) {
    List<Reservation> reservations = new ArrayList<>();
    for (int container = 0; container < containers.size(); container++) {
      List<Slot> slots = containers.get(container);
      for (int device = 0; device < slots.size(); device++) {
        if (slots.get(device) instanceof Slot.Mig mig) {
          reservations.add(reservation(container, device, mig, node));
        }
      }
    }
    return reservations;
  }

  private static Reservation reservation(int container, int device, Slot.Mig slot, NodeSpec node) {
    MigProfile profile = slot.profile();
    DriverDevices devices = Objects.requireNonNull(node.devices());
    return new Reservation(
        container,
        device,
        uuid(slot, node),
        Objects.requireNonNull(SlotDevice.of(slot, devices)),
        profile.driverStart(slot.start()),
        profile.driverStart(profile.size()));
  }

  private static String uuid(Slot slot, NodeSpec node) {
    return Objects.requireNonNull(node.gpus().get(slot.gpu()).uuid());
  }

  /** HAMi knows a whole GPU by having all of its memory, and all of its cores. */
  private static int memoryMiB(Slot slot, NodeSpec node) {
    return slot instanceof Slot.Whole ? node.gpus().get(slot.gpu()).memoryMiB() : slot.memoryMiB();
  }

  private static int cores(Slot slot) {
    if (slot instanceof Slot.Share share) {
      return share.smMilli() == 0 ? 0 : Math.max(1, share.smMilli() / 10);
    }
    return slot instanceof Slot.Mig mig ? (mig.profile().smMilli() + 9) / 10 : ALL_CORES;
  }

  @Override
  public void undo(DeliveryRequest deliveryRequest) {
    if (deliveryRequest.hasGpus()) {
      cluster.unlock(deliveryRequest.node().name(), deliveryRequest.pod());
    }
  }
}
