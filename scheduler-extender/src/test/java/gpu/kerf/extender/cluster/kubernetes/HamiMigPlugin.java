package gpu.kerf.extender.cluster.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.ControlPlane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What HAMi 2.10's device plugin does in its operating mode {@code mig} when the kubelet asks it
 * for a container: it destroys the instances that no pod of the node reserves any more, and gives
 * up if one of them is in use; it makes what the pod reserves for the container, at exactly that
 * place; and it writes what it has made into the reservation.
 */
final class HamiMigPlugin {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RESERVED = "hami.io/vgpu-mig-allocations";

  private final ControlPlane plane;
  private final String node;
  private final HamiPlugin plugin;

  /** The instances that exist, by GPU, profile and place. */
  private final Map<String, Instance> made = new HashMap<>();

  /** GPU instances whose containers run. */
  private final Set<String> inUse = new HashSet<>();

  private int count;

  private record Instance(String gpu, String profile, int start, int size, String uuid, int id) {
    boolean overlaps(Instance other) {
      return gpu.equals(other.gpu)
          && start < other.start + other.size
          && other.start < start + size;
    }
  }

  HamiMigPlugin(ControlPlane plane, String node) {
    this.plane = plane;
    this.node = node;
    this.plugin = new HamiPlugin(plane, node);
  }

  /** The UUIDs that a container of the pod sees. */
  List<String> allocate(String pod, int container, int wanted) {
    reconcile();
    List<String> uuids = new ArrayList<>();
    JsonNode list = reservations(pod);
    for (JsonNode each : list) {
      if (each.path("containerIndex").asInt(-1) == container) {
        if (each.path("deviceIndex").asInt(-1) != uuids.size()) {
          throw new AssertionError("The devices of the container do not count from 0: " + list);
        }
        Instance instance = ensure(each);
        uuids.add(instance.uuid);
        ((ObjectNode) each)
            .put("migUUID", instance.uuid)
            .put("gpuInstanceID", instance.id)
            .put("computeInstanceID", 0);
      }
    }
    plane.kubectl("annotate", "--overwrite", "pod", pod, RESERVED + "=" + list);
    List<String> devices = plugin.allocate(wanted);
    for (int i = 0; i < wanted; i++) {
      String gpu = devices.get(i).split(",", -1)[0];
      String uuid = uuids.get(i);
      if (made.values().stream().noneMatch(one -> one.gpu.equals(gpu) && one.uuid.equals(uuid))) {
        throw new AssertionError("The reservation is of another GPU than the device: " + devices);
      }
    }
    inUse.addAll(uuids);
    return uuids;
  }

  /** The bound pod that waits for its devices; empty if none does. */
  String served() {
    String[] lock = plugin.lock().split(",", -1);
    return lock.length == 3 && reservations(lock[2]).isArray() ? lock[2] : "";
  }

  /** The containers of a pod have ended. */
  void ended(List<String> uuids) {
    uuids.forEach(inUse::remove);
  }

  /** The instances that exist, such as {@code 3g.20gb at 4}. */
  List<String> instances() {
    return made.values().stream().map(one -> one.profile + " at " + one.start).sorted().toList();
  }

  private void reconcile() {
    Set<String> active = new HashSet<>();
    JsonNode pods =
        parse(plane.kubectl("get", "pods", "--field-selector=spec.nodeName=" + node, "-o", "json"));
    for (JsonNode pod : pods.path("items")) {
      String phase = pod.at("/status/phase").asText("");
      String written = pod.at("/metadata/annotations").path(RESERVED).asText("");
      boolean over = phase.equals("Succeeded") || phase.equals("Failed");
      if (!over && !pod.at("/metadata").has("deletionTimestamp") && !written.isEmpty()) {
        parse(written).forEach(each -> active.add(key(each)));
      }
    }
    for (String key : Set.copyOf(made.keySet())) {
      Instance instance = made.get(key);
      if (!active.contains(key) && instance != null) {
        if (inUse.contains(instance.uuid)) {
          throw new AssertionError("In use by another client: " + instance);
        }
        made.remove(key);
      }
    }
  }

  private Instance ensure(JsonNode reservation) {
    String key = key(reservation);
    Instance there = made.get(key);
    if (there != null) {
      return there;
    }
    JsonNode place = reservation.path("placement");
    Instance wanted =
        new Instance(
            reservation.path("gpuUUID").asText(),
            reservation.path("profile").asText(),
            place.path("start").asInt(-1),
            place.path("size").asInt(0),
            "MIG-" + ++count,
            count);
    refuseUnregistered(wanted);
    for (Instance other : made.values()) {
      if (other.overlaps(wanted)) {
        throw new AssertionError("Insufficient resources: " + other + " is at " + wanted);
      }
    }
    made.put(key, wanted);
    return wanted;
  }

  private void refuseUnregistered(Instance wanted) {
    String path = "jsonpath={.metadata.annotations.hami\\.io/node-nvidia-register}";
    for (JsonNode gpu : parse(plane.kubectl("get", "node", node, "-o", path))) {
      for (JsonNode profile : gpu.path("migProfiles")) {
        for (JsonNode place : profile.path("placements")) {
          if (gpu.path("id").asText().equals(wanted.gpu)
              && profile.path("name").asText().equals(wanted.profile)
              && place.path("start").asInt() == wanted.start
              && place.path("size").asInt() == wanted.size) {
            return;
          }
        }
      }
    }
    throw new AssertionError("Invalid placement: " + wanted);
  }

  private static String key(JsonNode reservation) {
    return reservation.path("gpuUUID").asText()
        + reservation.path("profile").asText()
        + reservation.path("placement");
  }

  JsonNode reservations(String pod) {
    String path = "jsonpath={.metadata.annotations." + RESERVED.replace(".", "\\.") + "}";
    return parse(plane.kubectl("get", "pod", pod, "-o", path));
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }
}
