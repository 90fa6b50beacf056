package gpu.kerf.extender.cluster.kubernetes.inventory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;
import java.util.Objects;

/**
 * ResourceSlices in the form of NVIDIA's driver: a counter set for each GPU, the GPU that consumes
 * all of it, and a MIG device for each profile and place where the driver creates instances.
 */
public final class NvidiaSlices {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How a GPU of a node is published. */
  public enum Gpu {
    /** Only as a whole. */
    WHOLE,
    /** As a whole and in all its MIG places. */
    CUT_ON_DEMAND,
    /** With two MIG instances that exist: 3g.40gb at 0 and 1g.10gb at 6. */
    CUT,
    /** As a whole of which claims consume memory. */
    SHARED
  }

  private NvidiaSlices() {}

  static GpuModel h100() {
    return Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
  }

  /** One slice with GPUs {@code GPU-0}, {@code GPU-1} and so on of node and pool a. */
  public static JsonNode of(Gpu... gpus) {
    ObjectNode slice = JSON.createObjectNode();
    ObjectNode spec = slice.putObject("spec");
    spec.put("driver", "gpu.nvidia.com").put("nodeName", "a");
    spec.putObject("pool").put("name", "a").put("generation", 1).put("resourceSliceCount", 1);
    for (int minor = 0; minor < gpus.length; minor++) {
      publish(spec, minor, gpus[minor]);
    }
    return slice;
  }

  private static void publish(ObjectNode spec, int minor, Gpu how) {
    counters(spec.withArray("sharedCounters").addObject(), minor);
    ArrayNode devices = spec.withArray("devices");
    if (how == Gpu.CUT) {
      mig(devices, minor, profile("3g.40gb"), 0, "MIG-" + minor + "-0");
      mig(devices, minor, profile("1g.10gb"), 6, "MIG-" + minor + "-6");
      return;
    }
    ObjectNode whole = devices.addObject().put("name", "gpu-" + minor);
    attribute(whole, "type", "gpu");
    attribute(whole, "uuid", "GPU-" + minor);
    product(whole);
    ObjectNode memory = whole.putObject("capacity").putObject("memory").put("value", "81152Mi");
    whole.withArray("consumesCounters").addObject().put("counterSet", set(minor));
    if (how == Gpu.SHARED) {
      whole.put("allowMultipleAllocations", true);
      ObjectNode range = memory.putObject("requestPolicy").putObject("validRange");
      range.put("min", "1Mi").put("step", "1Mi");
    }
    for (MigProfile profile :
        how == Gpu.CUT_ON_DEMAND ? h100().profiles() : List.<MigProfile>of()) {
      for (int start = 0; start < 8; start++) {
        if (profile.startsAt(start)) {
          mig(devices, minor, profile, start, "");
        }
      }
    }
  }

  private static MigProfile profile(String name) {
    return Objects.requireNonNull(h100().profile(name));
  }

  private static String set(int minor) {
    return "gpu-" + minor + "-counter-set";
  }

  private static void counters(ObjectNode counterSet, int minor) {
    counterSet.put("name", set(minor));
    ObjectNode counters = counterSet.putObject("counters");
    value(counters, "memory", "81152Mi");
    value(counters, "multiprocessors", "132");
    value(counters, "copy-engines", "8");
    for (int slice = 0; slice < 8; slice++) {
      value(counters, "memory-slice-" + slice, "1");
    }
  }

  private static void mig(
      ArrayNode devices, int minor, MigProfile profile, int start, String uuid) {
    ObjectNode device = devices.addObject().put("name", name(minor, profile.name(), start));
    attribute(device, "type", "mig");
    attribute(device, "parentUUID", "GPU-" + minor);
    attribute(device, "profile", profile.name());
    product(device);
    if (!uuid.isEmpty()) {
      attribute(device, "uuid", uuid);
    }
    ObjectNode consumed = device.withArray("consumesCounters").addObject();
    ObjectNode counters = consumed.put("counterSet", set(minor)).putObject("counters");
    value(counters, "multiprocessors", String.valueOf(16 * profile.computeSlices()));
    value(counters, "copy-engines", String.valueOf(profile.computeSlices()));
    for (int slice = start; slice < start + profile.size(); slice++) {
      value(counters, "memory-slice-" + slice, "1");
    }
  }

  /** The name of a MIG device; the place in it is wrong, for nothing may be read from it. */
  public static String name(int minor, String profile, int start) {
    return "gpu-" + minor + "-mig-" + profile.replaceAll("[.+]", "") + "-0-" + (7 - start);
  }

  private static void product(ObjectNode device) {
    attribute(device, "productName", "NVIDIA H100 80GB HBM3");
  }

  private static void attribute(ObjectNode device, String key, String value) {
    device.withObject("/attributes").putObject(key).put("string", value);
  }

  private static void value(ObjectNode counters, String key, String value) {
    counters.putObject(key).put("value", value);
  }

  /** A document with ' in place of quotation marks. */
  public static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }
}
