package gpu.kerf.extender.cluster.kubernetes.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.dialect.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A device of a ResourceSlice.
 *
 * @param attributes as texts
 * @param memory its capacity of that name, as it is written; empty if it has none
 * @param memorySlices the memory slices of its GPU on which it lies, lowest first. They are those
 *     of which it consumes the counters; drivers that publish no counters say them as capacities
 * @param consumes of which counters it consumes how much
 * @param sharing how its memory can be shared; null if only one claim at a time can have it
 * @param tainted whether its driver keeps pods away from it
 */
public record PublishedDevice(
    String name,
    Map<String, String> attributes,
    String memory,
    List<Integer> memorySlices,
    List<Consumption> consumes,
    @Nullable Sharing sharing,
    boolean tainted) {

  private static final Pattern SLICE = Pattern.compile("memory-?[sS]lice-?([0-9]{1,2})");

  /** So much of counters of one set, in thousandths, by the names of the counters. */
  public record Consumption(String counterSet, Map<String, Long> counters) {}

  /**
   * A device that claims share.
   *
   * @param least the smallest part of its memory, as it is written; empty if none is said
   * @param step by which parts differ, as it is written; empty if none is said
   * @param anyAmount whether parts of other sizes than a few listed ones are valid
   */
  public record Sharing(String least, String step, boolean anyAmount) {}

  static PublishedDevice read(String name, JsonNode body) {
    Map<String, String> attributes = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : body.path("attributes").properties()) {
      for (JsonNode value : each.getValue()) {
        attributes.put(bare(each.getKey()), value.asText(""));
      }
    }
    List<Consumption> consumes = new ArrayList<>();
    TreeSet<Integer> counted = new TreeSet<>();
    for (JsonNode each : body.path("consumesCounters")) {
      Map<String, Long> counters = counters(each.path("counters"));
      counted.addAll(slices(counters.keySet()));
      consumes.add(new Consumption(each.path("counterSet").asText(""), counters));
    }
    JsonNode capacity = body.path("capacity");
    List<String> capacities = new ArrayList<>();
    capacity.fieldNames().forEachRemaining(key -> capacities.add(bare(key)));
    return new PublishedDevice(
        name,
        Map.copyOf(attributes),
        capacity.path("memory").path("value").asText(""),
        List.copyOf(counted.isEmpty() ? slices(capacities) : counted),
        List.copyOf(consumes),
        sharing(body),
        isTainted(body.path("taints")));
  }

  /** An attribute of the driver's own may be written with or without its domain. */
  private static String bare(String key) {
    String domain = Slice.DRIVER + "/";
    return key.startsWith(domain) ? key.substring(domain.length()) : key;
  }

  private static TreeSet<Integer> slices(Iterable<String> names) {
    TreeSet<Integer> slices = new TreeSet<>();
    for (String name : names) {
      Matcher slice = SLICE.matcher(name);
      if (slice.matches()) {
        slices.add(Integer.parseInt(slice.group(1)));
      }
    }
    return slices;
  }

  /** Counters by name, in thousandths. */
  static Map<String, Long> counters(JsonNode written) {
    Map<String, Long> counters = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : written.properties()) {
      long value = Quantity.thousandths(each.getValue().path("value").asText("0"));
      counters.put(each.getKey(), value);
    }
    return Map.copyOf(counters);
  }

  private static @Nullable Sharing sharing(JsonNode body) {
    if (!body.path("allowMultipleAllocations").asBoolean(false)) {
      return null;
    }
    JsonNode policy = body.path("capacity").path("memory").path("requestPolicy");
    JsonNode range = policy.path("validRange");
    return new Sharing(
        range.path("min").asText(""), range.path("step").asText(""), !policy.has("validValues"));
  }

  private static boolean isTainted(JsonNode taints) {
    for (JsonNode taint : taints) {
      if (taint.path("effect").asText("").startsWith("No")) {
        return true;
      }
    }
    return false;
  }

  public String attribute(String key) {
    return attributes.getOrDefault(key, "");
  }

  public boolean isGpu() {
    return attribute("type").equals("gpu");
  }

  public boolean isMig() {
    return attribute("type").equals("mig");
  }

  /** Whether it is a MIG instance that exists, and not only one that the driver could create. */
  public boolean isInstance() {
    return isMig() && !attribute("uuid").isEmpty();
  }

  /** The uuid of the GPU that it is, or is of; empty if it does not say. */
  public String gpu() {
    String parent = attribute("parentUUID");
    return isMig() || !parent.isEmpty() ? parent : attribute("uuid");
  }
}
