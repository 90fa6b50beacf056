package gpu.kerf.extender.audit;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.DeviceSlices.Device;
import gpu.kerf.extender.audit.HeldSlot.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The ResourceClaims whose devices are allocated. */
final class DeviceClaims {
  private final List<Allocated> claims = new ArrayList<>();

  /**
   * A claim with what was allocated to it.
   *
   * @param ownPod the uid of the pod for which Kerf wrote it; empty if Kerf did not
   */
  private record Allocated(Claimant holder, String ownPod, List<Result> results) {
    /**
     * Any pod of the namespace can name the claim that Kerf wrote for one, and then uses it too.
     */
    boolean isOver(Set<String> alive) {
      return !ownPod.isEmpty()
          && !alive.contains(ownPod)
          && holder.pods().stream().noneMatch(alive::contains);
    }
  }

  /**
   * One device.
   *
   * @param shared whether the driver divides it among claims itself
   * @param memoryMiB what is consumed of a device that is divided; 0 if that is not said
   */
  private record Result(
      String request, String pool, String device, boolean shared, long memoryMiB) {}

  void add(JsonNode claim) {
    List<Result> results = new ArrayList<>();
    for (JsonNode result : claim.at("/status/allocation/devices/results")) {
      boolean ours = result.path("driver").asText("").equals(DeviceSlices.DRIVER);
      if (ours && !result.path("adminAccess").asBoolean(false)) {
        results.add(
            new Result(
                result.path("request").asText(""),
                result.path("pool").asText(""),
                result.path("device").asText(""),
                result.has("shareID") || result.has("consumedCapacity"),
                Texts.mebibytes(result.at("/consumedCapacity/memory").asText(""))));
      }
    }
    if (!results.isEmpty()) {
      claims.add(new Allocated(holder(claim), ownPod(claim), results));
    }
  }

  private static String ownPod(JsonNode claim) {
    String name = Texts.name(claim);
    for (JsonNode owner : claim.at("/metadata/ownerReferences")) {
      String uid = owner.path("uid").asText("");
      if (owner.path("kind").asText("").equals("Pod") && name.equals("kerf-" + uid)) {
        return uid;
      }
    }
    return "";
  }

  private static Claimant holder(JsonNode claim) {
    JsonNode meta = claim.path("metadata");
    Set<String> pods = new LinkedHashSet<>();
    for (JsonNode user : claim.at("/status/reservedFor")) {
      if (user.path("resource").asText("").equals("pods")) {
        pods.add(user.path("uid").asText(""));
      }
    }
    return new Claimant(
        Claimant.CLAIM,
        meta.path("namespace").asText(""),
        meta.path("name").asText(""),
        meta.path("uid").asText(""),
        pods);
  }

  /**
   * What the claims hold of the devices that slices list. A claim that Kerf wrote holds nothing
   * once its pod has ended, for the kubelet gives the devices back before it says so.
   */
  void resolve(
      DeviceSlices slices, Set<String> alive, List<Holding> holdings, List<Finding> findings) {
    for (Allocated claim : claims) {
      if (claim.isOver(alive)) {
        continue;
      }
      Map<String, List<HeldSlot>> byNode = new LinkedHashMap<>();
      for (Result result : claim.results) {
        Device device = slices.find(result.pool, result.device);
        if (device == null) {
          findings.add(unknown(claim.holder, result));
        } else {
          byNode
              .computeIfAbsent(device.node(), node -> new ArrayList<>())
              .add(slot(result, device));
        }
      }
      byNode.forEach((node, slots) -> holdings.add(new Holding(claim.holder, node, slots)));
    }
  }

  private static HeldSlot slot(Result result, Device device) {
    if (result.shared && result.memoryMiB > 0) {
      return HeldSlot.share(result.request, -1, device.gpu(), result.memoryMiB, 0);
    }
    if (result.shared) {
      return HeldSlot.foreign(-1, device.gpu());
    }
    return device.isMig()
        ? new HeldSlot(
            result.request,
            -1,
            device.gpu(),
            Kind.MIG,
            device.profile(),
            device.start(),
            device.size(),
            device.instance(),
            device.memoryMiB(),
            0)
        : HeldSlot.whole(result.request, -1, device.gpu(), device.memoryMiB());
  }

  private static Finding unknown(Claimant holder, Result result) {
    String text =
        "%s has the device %s of pool %s, which no ResourceSlice lists."
            .formatted(holder, result.device, result.pool);
    return new Finding(Rule.UNKNOWN_DEVICES, "", -1, "", List.of(holder), text);
  }
}
