package gpu.kerf.extender.cluster.kubernetes.inventory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What HAMi's device plugin registers on its node: a JSON list, or in older versions entries that
 * end with a colon and whose fields stand between commas:
 *
 * <pre>
 * uuid,copies,memoryMiB,cores,type,numa,healthy[,index,mode]:
 * </pre>
 */
final class HamiRegister {
  static final String ANNOTATION = "hami.io/node-nvidia-register";

  /** The mode in which the plugin makes MIG instances. */
  static final String MIG = "mig";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FEWEST_FIELDS = 7;

  /**
   * One GPU as it is registered.
   *
   * @param profiles what the plugin can cut out of it, from HAMi 2.10 on
   */
  record Entry(
      int index,
      String uuid,
      int copies,
      int memoryMiB,
      String type,
      int numa,
      boolean healthy,
      String mode,
      List<Profile> profiles) {

    /** The name of the product. It writes the brand in front of names that have it already. */
    String product() {
      return type.startsWith("NVIDIA-") ? type.substring("NVIDIA-".length()) : type;
    }
  }

  /** A MIG profile, with the memory and the places that NVML reports for it. */
  record Profile(String name, int memoryMiB, List<Place> places) {}

  /** Where an instance may lie, in the driver's units. */
  record Place(int start, int size) {}

  private HamiRegister() {}

  /** The GPUs by their indexes; none if nothing is registered. */
  static List<Entry> read(NodeFacts node) throws WireException {
    String text = node.annotation(ANNOTATION).strip();
    if (text.isEmpty()) {
      return List.of();
    }
    List<Entry> entries = text.startsWith("[") ? ofJson(text) : ofCommas(text);
    if (entries.isEmpty() || entries.size() > NodeSpec.MOST_GPUS) {
      throw new WireException(
          "The annotation " + ANNOTATION + " lists (" + entries.size() + ") GPUs.");
    }
    entries.sort(Comparator.comparingInt(Entry::index));
    return List.copyOf(entries);
  }

  private static List<Entry> ofJson(String text) throws WireException {
    try {
      List<Entry> entries = new ArrayList<>();
      JsonNode list = JSON.readTree(text);
      // The plugin leaves out the index 0, lists GPUs in any order, and older ones write no index.
      boolean indexed = list.findValue("index") != null;
      for (JsonNode gpu : list) {
        entries.add(
            new Entry(
                gpu.path("index").asInt(indexed ? 0 : entries.size()),
                gpu.path("id").asText(""),
                gpu.path("count").asInt(0),
                gpu.path("devmem").asInt(0),
                gpu.path("type").asText(""),
                gpu.path("numa").asInt(-1),
                gpu.path("health").asBoolean(false),
                gpu.path("mode").asText(""),
                profiles(gpu.path("migProfiles"))));
      }
      return entries;
    } catch (JsonProcessingException e) {
      throw new WireException("The annotation " + ANNOTATION + " is not JSON: " + e.getMessage());
    }
  }

  private static List<Profile> profiles(JsonNode list) {
    List<Profile> profiles = new ArrayList<>();
    for (JsonNode profile : list) {
      List<Place> places = new ArrayList<>();
      for (JsonNode place : profile.path("placements")) {
        places.add(new Place(place.path("start").asInt(-1), place.path("size").asInt(-1)));
      }
      profiles.add(
          new Profile(profile.path("name").asText(""), profile.path("memoryMB").asInt(0), places));
    }
    return profiles;
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
              entries.size(),
              fields[0],
              fields[1].matches("[0-9]{1,4}") ? Integer.parseInt(fields[1]) : 0,
              Integer.parseInt(fields[2]),
              fields[4],
              Integer.parseInt(fields[5]),
              fields[6].equals("true"),
              fields.length > 8 ? fields[8] : "",
              List.of()));
    }
    return entries;
  }
}
