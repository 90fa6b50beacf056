package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.cluster.kubernetes.inventory.Slice;
import gpu.kerf.extender.dialect.Quantity;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A ResourceClaim and the devices that are allocated to it.
 *
 * @param key its namespace and name
 * @param pod the uid of the pod for which Kerf wrote it; empty if Kerf did not
 * @param devices those that may be GPUs; none while nothing is allocated
 * @param pods the uids of the pods that may use them
 * @param asked what it asks for
 * @param allocation whether its devices are GPUs
 */
record Claim(
    String key,
    String pod,
    List<Device> devices,
    Set<String> pods,
    ClaimSpec asked,
    Allocation allocation) {
  static final String NVIDIA = Slice.DRIVER;

  /** How Kerf names the claim that it writes for a pod. */
  static final String OWN = PodView.CLAIM_PREFIX;

  /** What is allocated. */
  enum Allocation {
    /** Nothing yet. */
    NONE,
    /** GPUs are among the devices, be it for an administrator's access. */
    GPUS,
    OTHERS
  }

  /**
   * A device by its name in a pool, which is that of a node where devices are of one.
   *
   * @param memoryMiB what is consumed of a device that claims share; 0 where it is all of it
   */
  record Device(String driver, String pool, String name, int memoryMiB) {
    Device(String driver, String pool, String name) {
      this(driver, pool, name, 0);
    }
  }

  String namespace() {
    return key.substring(0, key.indexOf('/'));
  }

  String name() {
    return key.substring(key.indexOf('/') + 1);
  }

  /** The same where the settings name no drivers. */
  static Claim read(JsonNode object) {
    return read(object, GpuDrivers.USUAL);
  }

  /** Reads a ResourceClaim of any version of the API since v1beta1. */
  static Claim read(JsonNode object, GpuDrivers drivers) {
    Allocation allocation =
        object.at("/status/allocation").isMissingNode() ? Allocation.NONE : Allocation.OTHERS;
    Map<String, String> classes = classes(object.at("/spec/devices/requests"));
    List<Device> devices = new ArrayList<>();
    for (JsonNode result : object.at("/status/allocation/devices/results")) {
      String driver = result.path("driver").asText("");
      String deviceClass = classes.getOrDefault(result.path("request").asText(""), "");
      // Access for an administrator, who looks at devices that others use, takes nothing.
      boolean looksOn = result.path("adminAccess").asBoolean(false);
      if (!drivers.areOf(driver, deviceClass)) {
        continue;
      }
      allocation = Allocation.GPUS;
      if (!looksOn) {
        String pool = result.path("pool").asText("");
        devices.add(
            new Device(driver, pool, result.path("device").asText(""), consumedMiB(result)));
      }
    }
    Set<String> pods = new HashSet<>();
    for (JsonNode user : object.at("/status/reservedFor")) {
      pods.add(user.path("uid").asText(""));
    }
    String key =
        object.at("/metadata/namespace").asText("") + "/" + object.at("/metadata/name").asText("");
    return new Claim(
        key,
        ownPod(object),
        List.copyOf(devices),
        Set.copyOf(pods),
        ClaimSpec.read(object.path("spec")),
        allocation);
  }

  private static int consumedMiB(JsonNode result) {
    String consumed = result.path("consumedCapacity").path("memory").asText("");
    return consumed.isEmpty()
        ? 0
        : (int) Math.min(Integer.MAX_VALUE, Math.max(1, Quantity.memoryMiB(consumed)));
  }

  private static String ownPod(JsonNode object) {
    String name = object.at("/metadata/name").asText("");
    for (JsonNode owner : object.at("/metadata/ownerReferences")) {
      String uid = owner.path("uid").asText("");
      if (owner.path("kind").asText("").equals("Pod") && name.equals(OWN + uid)) {
        return uid;
      }
    }
    return "";
  }

  /** The device class of every request, and of every alternative in one. */
  private static Map<String, String> classes(JsonNode requests) {
    Map<String, String> classes = new HashMap<>();
    for (JsonNode request : requests) {
      String name = request.path("name").asText("");
      JsonNode exactly = request.has("exactly") ? request.path("exactly") : request;
      classes.put(name, exactly.path("deviceClassName").asText(""));
      for (JsonNode either : request.path("firstAvailable")) {
        String alternative = name + "/" + either.path("name").asText("");
        classes.put(alternative, either.path("deviceClassName").asText(""));
      }
    }
    return classes;
  }

  /** The same devices for other pods. */
  Claim usedBy(Set<String> others) {
    return new Claim(key, pod, devices, others, asked, allocation);
  }

  boolean isAllocated() {
    return !devices.isEmpty();
  }
}
