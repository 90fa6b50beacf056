package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The devices that are allocated to a ResourceClaim.
 *
 * @param devices those that may be GPUs; none while nothing is allocated
 * @param pods the uids of the pods that may use them
 */
record Claim(List<Device> devices, Set<String> pods) {
  static final String NVIDIA = "gpu.nvidia.com";

  private static final Pattern GPU = Pattern.compile("(^|[^a-z])(v?gpus?|mig)([^a-z]|$)");

  /** A device by its name in a pool, which is that of a node where devices are of one. */
  record Device(String driver, String pool, String name) {}

  /** Reads a ResourceClaim of any version of the API since v1beta1. */
  static Claim read(JsonNode object) {
    Map<String, String> classes = classes(object.at("/spec/devices/requests"));
    List<Device> devices = new ArrayList<>();
    for (JsonNode result : object.at("/status/allocation/devices/results")) {
      String driver = result.path("driver").asText("");
      String deviceClass = classes.getOrDefault(result.path("request").asText(""), "");
      // Access for an administrator, who looks at devices that others use, takes nothing.
      boolean looksOn = result.path("adminAccess").asBoolean(false);
      if (!looksOn && (isGpu(driver) || isGpu(deviceClass))) {
        String pool = result.path("pool").asText("");
        devices.add(new Device(driver, pool, result.path("device").asText("")));
      }
    }
    Set<String> pods = new HashSet<>();
    for (JsonNode user : object.at("/status/reservedFor")) {
      pods.add(user.path("uid").asText(""));
    }
    return new Claim(List.copyOf(devices), Set.copyOf(pods));
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

  /** Network cards, channels of compute domains and the like have other names. */
  private static boolean isGpu(String driverOrClass) {
    return GPU.matcher(driverOrClass.toLowerCase(Locale.ROOT)).find();
  }

  boolean isAllocated() {
    return !devices.isEmpty();
  }
}
