package gpu.kerf.extender.audit;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.NodeGpus.Gpu;
import gpu.kerf.extender.audit.NodeGpus.Instance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The ResourceSlices of NVIDIA's DRA driver: the GPUs of nodes, and the devices of claims. */
final class DeviceSlices {
  static final String DRIVER = "gpu.nvidia.com";

  private static final Pattern MEMORY_SLICE = Pattern.compile("memory-?[sS]lice-?([0-9]{1,2})");
  private static final Pattern MINOR = Pattern.compile("gpu-([0-9]{1,3}).*");

  private final Map<String, Pool> pools = new LinkedHashMap<>();

  /** The slices of one generation of a pool. */
  private static final class Pool {
    private long generation = -1;
    private long expected;
    private int slices;
    private String node = "";
    private final Map<String, Device> devices = new LinkedHashMap<>();
  }

  /**
   * A device.
   *
   * @param gpu the uuid of the GPU that it is, or is a part of
   * @param instance the uuid of a MIG instance that exists
   * @param size in memory slices; 0 if it is a whole GPU
   */
  record Device(
      String node,
      String name,
      String gpu,
      String model,
      String profile,
      String instance,
      int start,
      int size,
      long memoryMiB) {
    boolean isMig() {
      return size > 0;
    }
  }

  void add(JsonNode slice) {
    JsonNode spec = slice.path("spec");
    if (!spec.path("driver").asText("").equals(DRIVER)) {
      return;
    }
    long generation = spec.at("/pool/generation").asLong(0);
    Pool pool = pools.computeIfAbsent(spec.at("/pool/name").asText(""), name -> new Pool());
    if (generation < pool.generation) {
      return;
    }
    if (generation > pool.generation) {
      pool.devices.clear();
      pool.slices = 0;
      pool.generation = generation;
    }
    pool.slices++;
    pool.expected = spec.at("/pool/resourceSliceCount").asLong(1);
    pool.node = spec.path("nodeName").asText("");
    for (JsonNode device : spec.path("devices")) {
      JsonNode body = device.has("basic") ? device.path("basic") : device;
      String name = device.path("name").asText("");
      pool.devices.put(name, device(pool.node, name, body));
    }
  }

  private static Device device(String node, String name, JsonNode body) {
    Map<String, String> attributes = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : body.path("attributes").properties()) {
      String key = each.getKey().substring(each.getKey().indexOf('/') + 1);
      each.getValue().forEach(value -> attributes.put(key, value.asText("")));
    }
    TreeSet<Integer> lies = new TreeSet<>();
    for (JsonNode consumed : body.path("consumesCounters")) {
      addSlices(consumed.path("counters"), lies);
    }
    if (lies.isEmpty()) {
      addSlices(body.path("capacity"), lies);
    }
    boolean mig = attributes.getOrDefault("type", "").equals("mig");
    String uuid = attributes.getOrDefault("uuid", "");
    int start = mig && !lies.isEmpty() ? lies.first() : -1;
    return new Device(
        node,
        name,
        mig ? attributes.getOrDefault("parentUUID", "") : uuid,
        attributes.getOrDefault("productName", ""),
        attributes.getOrDefault("profile", ""),
        mig ? uuid : "",
        start,
        mig ? Math.max(1, lies.isEmpty() ? 0 : lies.last() - start + 1) : 0,
        Texts.mebibytes(body.path("capacity").path("memory").path("value").asText("")));
  }

  /** Drivers say the memory slices of a MIG device as the counters that it consumes. */
  private static void addSlices(JsonNode named, Set<Integer> slices) {
    for (Map.Entry<String, JsonNode> each : named.properties()) {
      Matcher slice = MEMORY_SLICE.matcher(each.getKey());
      if (slice.matches()) {
        slices.add(Integer.valueOf(slice.group(1)));
      }
    }
  }

  /** The device that the result of an allocation names; null where no slice lists it. */
  @Nullable Device find(String pool, String device) {
    Pool found = pools.get(pool);
    return found == null ? null : found.devices.get(device);
  }

  /** What the slices say of every node that has some. */
  Map<String, NodeGpus> nodes() {
    Map<String, List<Gpu>> gpus = new LinkedHashMap<>();
    Map<String, Boolean> complete = new HashMap<>();
    for (Pool pool : pools.values()) {
      if (!pool.node.isEmpty()) {
        gpus.computeIfAbsent(pool.node, name -> new ArrayList<>()).addAll(gpus(pool));
        complete.merge(pool.node, pool.slices >= pool.expected, Boolean::logicalAnd);
      }
    }
    Map<String, NodeGpus> nodes = new LinkedHashMap<>();
    gpus.forEach(
        (node, list) ->
            nodes.put(
                node,
                new NodeGpus(node, "ResourceSlices", complete.getOrDefault(node, false), list)));
    return nodes;
  }

  private static List<Gpu> gpus(Pool pool) {
    Map<String, List<Device>> byGpu = new LinkedHashMap<>();
    for (Device device : pool.devices.values()) {
      byGpu.computeIfAbsent(device.gpu, uuid -> new ArrayList<>()).add(device);
    }
    List<Gpu> gpus = new ArrayList<>();
    byGpu.forEach((uuid, devices) -> gpus.add(gpu(pool.node, uuid, devices)));
    return gpus;
  }

  /** A MIG device without a uuid is made when a claim gets it, out of a GPU that is free. */
  private static String mode(boolean made, boolean whole, boolean listed) {
    if (made) {
      return "mig";
    }
    return whole ? "plain" : listed ? NodeGpus.WHOLE_OR_CUT : "mig-dynamic";
  }

  private static Gpu gpu(String node, String uuid, List<Device> devices) {
    List<Instance> instances = new ArrayList<>();
    Device named = devices.get(0);
    long memory = 0;
    boolean made = devices.stream().anyMatch(each -> each.isMig() && !each.instance.isEmpty());
    for (Device device : devices) {
      if (device.isMig() && made && device.instance.isEmpty()) {
        continue; // it could be made beside those that were made by hand, and is not there
      }
      if (device.isMig()) {
        instances.add(new Instance(device.instance, device.profile, device.start, device.size));
      } else {
        named = device;
        memory = device.memoryMiB;
      }
    }
    Matcher minor = MINOR.matcher(named.name);
    return new Gpu(
        node,
        minor.matches() ? Integer.parseInt(minor.group(1)) : -1,
        uuid,
        named.model,
        memory,
        mode(made, instances.isEmpty(), memory > 0),
        instances);
  }
}
