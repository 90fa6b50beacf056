package gpu.kerf.extender.cluster.kubernetes.inventory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What HAMi's device plugin registers on its node: a JSON list, or in older versions entries that
 * end with a colon and whose fields stand between commas:
 *
 * <pre>
 * uuid,copies,memoryMiB,cores,type,numa,healthy[,index,mode]:
 * </pre>
 *
 * <p>The list does not tell the positions of MIG instances: a GPU in MIG mode is listed, but not
 * used.
 */
public final class HamiInventory implements InventorySource {
  public static final String ANNOTATION = "hami.io/node-nvidia-register";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FEWEST_FIELDS = 7;

  /** How many containers share a GPU by default. */
  private static final int DEFAULT_COPIES = 10;

  private final GpuCatalog catalog;

  public HamiInventory(GpuCatalog catalog) {
    this.catalog = catalog;
  }

  /** One GPU as it is registered. */
  private record Entry(
      String uuid,
      int copies,
      int memoryMiB,
      String type,
      int numa,
      boolean healthy,
      String mode) {}

  @Override
  public String name() {
    return ANNOTATION;
  }

  @Override
  public @Nullable Inventory of(NodeFacts node) throws WireException {
    String text = node.annotation(ANNOTATION).strip();
    if (text.isEmpty()) {
      return null;
    }
    List<Entry> entries = text.startsWith("[") ? ofJson(text) : ofCommas(text);
    if (entries.isEmpty() || entries.size() > NodeSpec.MOST_GPUS) {
      throw new WireException(
          "The annotation " + ANNOTATION + " lists (" + entries.size() + ") GPUs.");
    }
    return inventory(entries);
  }

  private Inventory inventory(List<Entry> entries) throws WireException {
    List<GpuSpec> gpus = new ArrayList<>();
    Topology.Builder topology = Topology.of(entries.size());
    long unusable = 0;
    for (Entry entry : entries) {
      int index = gpus.size();
      GpuModel model = Cards.find(catalog, product(entry.type), entry.memoryMiB);
      // HAMi may be told to promise more memory than there is; what the card has is the limit.
      int memory = entry.memoryMiB > 0 ? entry.memoryMiB : model.memoryMiB();
      int clients = entry.copies > 0 ? Math.min(entry.copies, Byte.MAX_VALUE) : DEFAULT_COPIES;
      gpus.add(new GpuSpec(entry.uuid, model, memory, GpuMode.PLAIN, List.of(), clients));
      topology.numa(index, entry.numa);
      unusable |= entry.healthy && !entry.mode.equals("mig") ? 0 : 1L << index;
    }
    return new Inventory(gpus, topology.build(), unusable);
  }

  /** It writes the brand in front of names that have it already. */
  private static String product(String type) {
    return type.startsWith("NVIDIA-") ? type.substring("NVIDIA-".length()) : type;
  }

  private static List<Entry> ofJson(String text) throws WireException {
    try {
      JsonNode list = JSON.readTree(text);
      Entry[] byIndex = new Entry[list.size()];
      for (int i = 0; i < list.size(); i++) {
        JsonNode gpu = list.get(i);
        int index = gpu.path("index").asInt(i);
        if (index < 0 || index >= byIndex.length || byIndex[index] != null) {
          throw new WireException(
              "The annotation "
                  + ANNOTATION
                  + " has the GPU index ("
                  + index
                  + ") twice or leaves"
                  + " others out.");
        }
        byIndex[index] =
            new Entry(
                gpu.path("id").asText(""),
                gpu.path("count").asInt(0),
                gpu.path("devmem").asInt(0),
                gpu.path("type").asText(""),
                gpu.path("numa").asInt(-1),
                gpu.path("health").asBoolean(false),
                gpu.path("mode").asText(""));
      }
      return List.of(byIndex);
    } catch (JsonProcessingException e) {
      throw new WireException("The annotation " + ANNOTATION + " is not JSON: " + e.getMessage());
    }
  }

  private static List<Entry> ofCommas(String text) throws WireException {
    List<Entry> entries = new ArrayList<>();
    for (String entry : text.split(":", -1)) {
      String[] fields = entry.strip().split(",", -1);
      if (entry.isBlank()) {
        continue;
      }
      if (fields.length < FEWEST_FIELDS
          || !fields[2].matches("[0-9]{1,8}")
          || !fields[5].matches("-?[0-9]{1,4}")) {
        throw new WireException(
            "The annotation " + ANNOTATION + " has an entry (" + entry + ") that is no GPU.");
      }
      entries.add(
          new Entry(
              fields[0],
              fields[1].matches("[0-9]{1,4}") ? Integer.parseInt(fields[1]) : 0,
              Integer.parseInt(fields[2]),
              fields[4],
              Integer.parseInt(fields[5]),
              fields[6].equals("true"),
              fields.length > 8 ? fields[8] : ""));
    }
    return entries;
  }
}
