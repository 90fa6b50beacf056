package gpu.kerf.extender.delivery;

import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.state.ClaimableContainer;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.demand.PodDemand.Reuse;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.SlotDevice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Delivery by a DRA driver: a ResourceClaim of the pod says which devices it gets, and the kubelet
 * calls the driver for them. A MIG instance need not exist before.
 *
 * <p>The pod asks for a resource of Kerf's and has no claim of its own making, so it needs neither
 * variables nor a webhook. The placement stands on it as on every pod; nothing else is written.
 */
public final class DraDelivery implements Delivery {
  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Classes classes;

  /** The names of the DeviceClasses. */
  public record Classes(String whole, String mig, String share) {
    private String of(Slot slot) {
      return switch (slot.wall()) {
        case MIG -> mig;
        case MPS -> share;
        case NONE -> whole;
      };
    }
  }

  public DraDelivery(Scheduling scheduling, Cluster cluster, Classes classes) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.classes = classes;
  }

  @Override
  public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
    if (!deliveryRequest.hasGpus()) {
      return CompletableFuture.completedFuture(Prepared.with(Map.of()));
    }
    DeviceClaim claim = claim(deliveryRequest).orElse(null);
    if (claim == null) {
      return CompletableFuture.completedFuture(Prepared.not(VerbError.NO_SLOT));
    }
    return cluster.claim(claim).thenApply(result -> prepared(deliveryRequest, result));
  }

  private static Prepared prepared(DeliveryRequest deliveryRequest, ClaimResult result) {
    VerbError error = error(result.kind());
    return error == null ? Prepared.with(EnvDelivery.record(deliveryRequest)) : Prepared.not(error);
  }

  private static @Nullable VerbError error(ClaimResult.Kind kind) {
    return switch (kind) {
      case WRITTEN -> null;
      case POD_GONE -> VerbError.POD_GONE;
      case OF_ANOTHER -> VerbError.CLAIM_OF_ANOTHER;
      case DROPPED -> VerbError.CLAIM_DROPPED;
      case OVERLAPS -> VerbError.CLAIM_OVERLAPS;
      case OVER_QUOTA -> VerbError.CLAIM_OVER_QUOTA;
      case FORBIDDEN -> VerbError.CLAIM_FORBIDDEN;
      case BAD_CLASS -> VerbError.DEVICE_CLASS;
      case IN_REMOVAL -> VerbError.CLAIM_IN_REMOVAL;
      case REFUSED -> VerbError.CLAIM_REFUSED;
      case NOT_OURS -> VerbError.ANOTHER_BINDS;
      case UNKNOWN -> VerbError.CLAIM_UNSURE;
    };
  }

  /** Empty where the node or the pod is another one by now, so that a slot has no device. */
  private Optional<DeviceClaim> claim(DeliveryRequest deliveryRequest) {
    KnownPod pod = scheduling.pods().get(deliveryRequest.pod().uid());
    DriverDevices devices = deliveryRequest.node().devices();
    if (pod == null || devices == null) {
      return Optional.empty();
    }
    Map<String, ClaimableContainer> byName = new HashMap<>();
    pod.claimable().forEach(each -> byName.put(each.name(), each));
    List<Request> requests = new ArrayList<>();
    List<Mapping> mappings = new ArrayList<>();
    Map<String, String> requestOf = new HashMap<>();
    for (ContainerSlots slots : deliveryRequest.placement().containers()) {
      ClaimableContainer container = byName.get(slots.container());
      List<Device> named = container == null ? List.of() : devices(slots, devices);
      if (container == null || named.isEmpty()) {
        return Optional.empty();
      }
      String request = "container-" + container.index() + "-request-0";
      requests.add(new Request(request, classes.of(slots.slots().get(0)), named));
      mappings.add(new Mapping(container.name(), container.resource(), request));
      requestOf.put(container.name(), request);
    }
    for (Reuse reuse : deliveryRequest.reuses()) {
      ClaimableContainer container = byName.get(reuse.container());
      String request = requestOf.get(reuse.of());
      if (container == null || request == null) {
        return Optional.empty();
      }
      mappings.add(new Mapping(container.name(), container.resource(), request));
    }
    String node = deliveryRequest.node().name();
    return Optional.of(new DeviceClaim(deliveryRequest.pod(), node, requests, mappings));
  }

  /** None if one of them has no name. */
  private static List<Device> devices(ContainerSlots slots, DriverDevices devices) {
    List<Device> named = new ArrayList<>(slots.slots().size());
    for (Slot slot : slots.slots()) {
      String name = SlotDevice.of(slot, devices);
      if (name == null) {
        return List.of();
      }
      int consumed = SlotDevice.consumedMiB(slot, devices);
      named.add(new Device(devices.driver(), devices.pool(), name, consumed));
    }
    return named;
  }

  @Override
  public void undo(DeliveryRequest deliveryRequest) {
    if (deliveryRequest.hasGpus()) {
      cluster.unclaim(deliveryRequest.pod());
    }
  }
}
