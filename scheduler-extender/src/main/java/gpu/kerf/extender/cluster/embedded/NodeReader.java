package gpu.kerf.extender.cluster.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Reads one entry of a fleet file: one node, or several equal ones. */
final class NodeReader {

  private static final Set<String> NODE_KEYS =
      Set.of("name", "count", "cpu", "memory", "gpus", "nvlink", "numa");
  private static final Set<String> GPU_KEYS =
      Set.of("model", "count", "mode", "memoryMiB", "instances");

  private final GpuCatalog catalog = GpuCatalog.builtIn();
  private final FleetFile.Problems problems;

  NodeReader(FleetFile.Problems problems) {
    this.problems = problems;
  }

  List<NodeSpec> nodes(JsonNode entry, String where, int most) {
    problems.onlyKeys(where, entry, NODE_KEYS);
    String name = entry.path("name").asText("");
    if (!name.matches("[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?")) {
      problems.add(
          "The name (%s) of %s is not a node's name.\n    Maybe h100-a.".formatted(name, where));
      return List.of();
    }
    int count = number(entry, "count", 1, 1, most, where);
    List<GpuSpec> gpus = gpus(entry.path("gpus"), where);
    List<NodeSpec> nodes = new ArrayList<>();
    try {
      Topology links = topology(entry, gpus.size(), where);
      int cpu = cpuMilli(entry.path("cpu"), where);
      int memory = memoryMiB(entry.path("memory"));
      for (int i = 1; i <= count; i++) {
        String own = entry.has("count") ? name + "-" + i : name;
        nodes.add(new NodeSpec(own, named(gpus, own), links, cpu, memory));
      }
    } catch (IllegalArgumentException e) {
      problems.add(where, e);
    }
    return nodes;
  }

  private List<GpuSpec> gpus(JsonNode list, String where) {
    List<GpuSpec> gpus = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String here = where + ".gpus[" + i + "]";
      problems.onlyKeys(here, list.get(i), GPU_KEYS);
      try {
        GpuSpec gpu = gpu(list.get(i), here);
        int count = number(list.get(i), "count", 1, 1, NodeSpec.MOST_GPUS, here);
        for (int copy = 0; copy < count; copy++) {
          gpus.add(gpu);
        }
      } catch (IllegalArgumentException e) {
        problems.add(here, e);
      }
    }
    return gpus;
  }

  private GpuSpec gpu(JsonNode entry, String where) {
    String written = entry.path("model").asText("");
    int memory = number(entry, "memoryMiB", 0, 0, 1 << 24, where);
    GpuModel model = catalog.find(written, memory);
    if (model == null) {
      throw new IllegalArgumentException(
          "The GPU model ("
              + written
              + ") is not known, or several have this name.\nKnown are "
              + String.join(", ", catalog.models().stream().map(GpuModel::name).toList())
              + ".");
    }
    GpuMode mode = GpuMode.parse(entry.path("mode").asText("plain"));
    int reported = memory == 0 ? model.memoryMiB() : memory;
    return new GpuSpec(null, model, reported, mode, instances(model, entry.path("instances")));
  }

  private static List<MigInstance> instances(GpuModel model, JsonNode list) {
    List<MigInstance> instances = new ArrayList<>();
    for (JsonNode each : list) {
      String[] parts = each.asText().split("@", -1);
      MigProfile profile = model.profile(parts[0]);
      if (profile == null || parts.length != 2 || !parts[1].matches("[0-9]{1,2}")) {
        throw new IllegalArgumentException(
            "The MIG instance ("
                + each.asText()
                + ") is not a profile of "
                + model.name()
                + " and a slice to start at.\nMaybe 1g.10gb@0.");
      }
      instances.add(new MigInstance(null, profile, Integer.parseInt(parts[1])));
    }
    return instances;
  }

  /** Gives every GPU and every MIG instance a name that is the same at every start. */
  private static List<GpuSpec> named(List<GpuSpec> gpus, String node) {
    List<GpuSpec> named = new ArrayList<>();
    for (int i = 0; i < gpus.size(); i++) {
      GpuSpec gpu = gpus.get(i);
      String seed = node + "/" + i;
      List<MigInstance> instances = new ArrayList<>();
      for (MigInstance instance : gpu.instances()) {
        String uuid = "MIG-" + uuid(seed + "/" + instance.start());
        instances.add(new MigInstance(uuid, instance.profile(), instance.start()));
      }
      named.add(
          new GpuSpec("GPU-" + uuid(seed), gpu.model(), gpu.memoryMiB(), gpu.mode(), instances));
    }
    return named;
  }

  private static String uuid(String seed) {
    return UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private Topology topology(JsonNode entry, int gpus, String where) {
    Topology.Builder links = Topology.of(gpus);
    int nvlink = number(entry, "nvlink", 0, 0, 31, where);
    if (nvlink > 0) {
      links.nvlinkAll(nvlink);
    }
    int numa = number(entry, "numa", 1, 1, 64, where);
    for (int gpu = 0; gpu < gpus && numa > 1; gpu++) {
      links.numa(gpu, gpu * numa / gpus);
    }
    return links.build();
  }

  private int cpuMilli(JsonNode cpu, String where) {
    String text = cpu.asText("");
    if (text.isEmpty()) {
      return NodeSpec.UNKNOWN;
    }
    if (!text.matches("[0-9]{1,6}m?")) {
      problems.add(
          "The cpu (%s) of %s is not a number.\n    Maybe 64 or 500m.".formatted(text, where));
      return 0;
    }
    return text.endsWith("m")
        ? Integer.parseInt(text.substring(0, text.length() - 1))
        : Integer.parseInt(text) * 1000;
  }

  private static int memoryMiB(JsonNode memory) {
    String text = memory.asText("");
    return text.isEmpty() ? NodeSpec.UNKNOWN : MemoryMiB.parse(text).value();
  }

  private int number(JsonNode entry, String key, int other, int least, int most, String where) {
    JsonNode value = entry.path(key);
    if (value.isMissingNode()) {
      return other;
    }
    if (!value.canConvertToInt() || value.asInt() < least || value.asInt() > most) {
      problems.add(
          "The %s (%s) of %s must be between %d and %d."
              .formatted(key, value.asText(), where, least, most));
      return other;
    }
    return value.asInt();
  }
}
