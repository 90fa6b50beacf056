package gpu.kerf.extender.audit;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.NodeGpus.Gpu;
import gpu.kerf.extender.audit.NodeGpus.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the object of a node says of its GPUs: an annotation of Kerf or HAMi, or labels. */
final class ReportedGpus {
  private static final String INVENTORY = "kerf.gpu/inventory";
  private static final String HAMI = "hami.io/node-nvidia-register";
  private static final String COUNT = "nvidia.com/gpu.count";
  private static final String MEMORY = "nvidia.com/gpu.memory";
  private static final String PRODUCT = "nvidia.com/gpu.product";
  private static final int MOST_GPUS = 1024;

  /** uuid, copies, MiB, cores, type, NUMA node, health, and more in newer versions. */
  private static final Pattern HAMI_ENTRY =
      Pattern.compile("([^,:]+),[0-9]+,([0-9]{1,9}),[0-9]+,([^,:]+),-?[0-9]+,[^,:]+(?:,[^:]*)?");

  private ReportedGpus() {}

  /** What Kerf's own annotation says; a source that is empty if there is none. */
  static NodeGpus ofInventory(JsonNode node) throws UnreadableException {
    String name = Texts.name(node);
    String text = Texts.annotation(node, INVENTORY);
    if (text.isEmpty()) {
      return none(name);
    }
    List<Gpu> gpus = new ArrayList<>();
    for (JsonNode gpu : Texts.parse(text).path("gpus")) {
      gpus.add(gpu(name, gpu));
    }
    return new NodeGpus(name, "annotation " + INVENTORY, true, gpus);
  }

  private static Gpu gpu(String node, JsonNode gpu) throws UnreadableException {
    String model = gpu.path("model").asText("");
    long memory = gpu.path("memoryMiB").asLong(0);
    List<Instance> instances = new ArrayList<>();
    for (JsonNode each : gpu.path("instances")) {
      instances.add(
          new Instance(
              each.path("uuid").asText(""),
              each.path("profile").asText(""),
              Texts.number(each, "start"),
              0));
    }
    return new Gpu(
        node,
        Texts.number(gpu, "index"),
        gpu.path("uuid").asText(""),
        model,
        memory > 0 ? memory : Texts.memoryOfName(model),
        gpu.path("mode").asText("plain"),
        instances);
  }

  /** What HAMi's device plugin or GPU feature discovery says, in this order. */
  static NodeGpus ofOthers(JsonNode node) throws UnreadableException {
    String hami = Texts.annotation(node, HAMI).strip();
    return hami.isEmpty() ? ofLabels(node) : ofHami(Texts.name(node), hami);
  }

  private static NodeGpus ofHami(String node, String text) throws UnreadableException {
    List<Gpu> gpus = new ArrayList<>();
    if (text.startsWith("[")) {
      for (JsonNode gpu : Texts.parse(text)) {
        int index = gpu.path("index").asInt(gpus.size());
        gpus.add(ofHami(node, index, gpu));
      }
    } else {
      Matcher entry = HAMI_ENTRY.matcher(text);
      while (entry.find()) {
        long memory = Long.parseLong(entry.group(2));
        gpus.add(plain(node, gpus.size(), entry.group(1), entry.group(3), memory));
      }
    }
    if (gpus.isEmpty()) {
      throw new UnreadableException("the annotation " + HAMI + " lists no GPU: " + text);
    }
    return new NodeGpus(node, "annotation " + HAMI, true, gpus);
  }

  /** The places of the profiles that HAMi's device plugin cuts in MIG mode are listed. */
  private static Gpu ofHami(String node, int index, JsonNode gpu) {
    List<Instance> places = new ArrayList<>();
    for (JsonNode profile : gpu.path("migProfiles")) {
      for (JsonNode place : profile.path("placements")) {
        places.add(
            new Instance(
                "",
                profile.path("name").asText(""),
                place.path("start").asInt(-1),
                place.path("size").asInt(0)));
      }
    }
    return new Gpu(
        node,
        index,
        gpu.path("id").asText(""),
        gpu.path("type").asText(""),
        gpu.path("devmem").asLong(0),
        places.isEmpty() ? "plain" : "mig-dynamic",
        places);
  }

  private static NodeGpus ofLabels(JsonNode node) throws UnreadableException {
    String name = Texts.name(node);
    String count = Texts.label(node, COUNT);
    if (count.isEmpty()) {
      return none(name);
    }
    if (!count.matches("[0-9]{1,4}") || Integer.parseInt(count) > MOST_GPUS) {
      throw new UnreadableException("the label " + COUNT + " (" + count + ") is no count");
    }
    String model = Texts.label(node, PRODUCT);
    String memory = Texts.label(node, MEMORY);
    List<Gpu> gpus = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(count); i++) {
      long known = memory.matches("[0-9]{1,9}") ? Long.parseLong(memory) : 0;
      gpus.add(plain(name, i, "", model, known));
    }
    return new NodeGpus(name, "labels of GPU feature discovery", true, gpus);
  }

  private static Gpu plain(String node, int index, String uuid, String model, long memoryMiB) {
    return new Gpu(node, index, uuid, model, memoryMiB, "plain", List.of());
  }

  static NodeGpus none(String node) {
    return new NodeGpus(node, "", true, List.of());
  }
}
