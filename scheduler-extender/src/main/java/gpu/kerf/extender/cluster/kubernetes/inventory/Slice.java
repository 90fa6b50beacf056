package gpu.kerf.extender.cluster.kubernetes.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A ResourceSlice: of which node, which generation of its pool, of how many slices that consists,
 * and what is in it. A number of 0 is not said; then the newest generation counts as it is.
 *
 * @param counterSets the counters of each set and how much there is, in thousandths; devices of all
 *     slices of the pool consume them
 */
public record Slice(
    String node,
    String pool,
    long generation,
    int ofSlices,
    List<PublishedDevice> devices,
    Map<String, Map<String, Long>> counterSets) {

  /** The driver whose slices are read. */
  public static final String DRIVER = "gpu.nvidia.com";

  /** Reads a ResourceSlice of any version of the API since v1beta1. */
  public static Slice read(JsonNode object) {
    JsonNode spec = object.path("spec");
    List<PublishedDevice> devices = new ArrayList<>();
    for (JsonNode device : spec.path("devices")) {
      JsonNode body = device.has("basic") ? device.path("basic") : device;
      devices.add(PublishedDevice.read(device.path("name").asText(""), body));
    }
    Map<String, Map<String, Long>> counterSets = new HashMap<>();
    for (JsonNode set : spec.path("sharedCounters")) {
      counterSets.put(set.path("name").asText(""), PublishedDevice.counters(set.path("counters")));
    }
    JsonNode pool = spec.path("pool");
    return new Slice(
        spec.path("nodeName").asText(""),
        pool.path("name").asText(""),
        pool.path("generation").asLong(0),
        pool.path("resourceSliceCount").asInt(0),
        List.copyOf(devices),
        Map.copyOf(counterSets));
  }
}
