package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The ResourceSlices of a DRA driver, in the form of NVIDIA's: counters in a slice of their own,
 * and then two cards to a slice.
 */
final class DraSlices {
  private final SimulatedNode node;
  private final DraDriver driver;

  DraSlices(SimulatedNode node, DraDriver driver) {
    this.node = node;
    this.driver = driver;
  }

  /**
   * All slices of one generation.
   *
   * @param turn where the order begins: the cards come in turn
   */
  List<ObjectNode> of(int generation, int turn) {
    List<Gpu> gpus = new ArrayList<>(node.gpus());
    for (int i = 0; i < turn % Math.max(1, gpus.size()); i++) {
      gpus.add(gpus.remove(0));
    }
    List<ObjectNode> slices = new ArrayList<>();
    boolean counted = gpus.stream().anyMatch(each -> each.offer() == Gpu.Offer.MIG_ON_DEMAND);
    int count = (gpus.size() + 1) / 2 + (counted ? 1 : 0);
    for (int i = 0; i < (gpus.size() + 1) / 2; i++) {
      ObjectNode slice = slice(generation, count);
      ArrayNode devices = slice.withObjectProperty("spec").putArray("devices");
      for (Gpu gpu : gpus.subList(2 * i, Math.min(2 * i + 2, gpus.size()))) {
        driver.devices(gpu).forEach(each -> device(devices.addObject(), each));
      }
      slices.add(slice);
    }
    if (counted) {
      ObjectNode slice = slice(generation, count);
      ArrayNode sets = slice.withObjectProperty("spec").putArray("sharedCounters");
      gpus.stream()
          .filter(each -> each.offer() == Gpu.Offer.MIG_ON_DEMAND)
          .forEach(each -> counters(sets.addObject(), each));
      slices.add(turn % 2 == 0 ? 0 : slices.size(), slice);
    }
    return slices;
  }

  private ObjectNode slice(int generation, int count) {
    ObjectNode json = Stored.JSON.createObjectNode();
    json.put("apiVersion", "resource.k8s.io/v1").put("kind", "ResourceSlice");
    ObjectNode spec = json.putObject("spec").put("driver", "gpu.nvidia.com");
    spec.put("nodeName", node.name());
    ObjectNode pool = spec.putObject("pool").put("name", driver.pool());
    pool.put("generation", generation).put("resourceSliceCount", count);
    return json;
  }

  private String set(Gpu gpu) {
    return "gpu-" + driver.minor(gpu) + "-counter-set";
  }

  private static int slices(Gpu gpu) {
    return gpu.places().stream()
        .mapToInt(each -> each.start() + each.instance("").slices())
        .max()
        .orElse(0);
  }

  private void counters(ObjectNode into, Gpu gpu) {
    ObjectNode counters = into.put("name", set(gpu)).putObject("counters");
    counters.putObject("multiprocessors").put("value", "" + gpu.model().multiprocessors);
    for (int slice = 0; slice < slices(gpu); slice++) {
      counters.putObject("memory-slice-" + slice).put("value", "1");
    }
  }

  private void device(ObjectNode into, DraDriver.Device device) {
    Gpu gpu = device.gpu();
    into.put("name", device.name());
    attribute(into, "productName", gpu.model().product);
    Gpu.Instance instance = device.instance();
    if (instance == null) {
      card(into, gpu);
    } else {
      attribute(into, "type", "mig");
      attribute(into, "parentUUID", gpu.uuid());
      attribute(into, "profile", instance.profile());
      into.withObjectProperty("capacity")
          .putObject("memory")
          .put("value", instance.memoryMiB() + "Mi");
      instance(into, gpu, instance);
    }
  }

  private void card(ObjectNode into, Gpu gpu) {
    attribute(into, "type", "gpu");
    attribute(into, "uuid", gpu.uuid());
    ObjectNode memory = into.withObjectProperty("capacity").putObject("memory");
    memory.put("value", gpu.model().memoryMiB + "Mi");
    if (gpu.offer() == Gpu.Offer.SHARES) {
      into.put("allowMultipleAllocations", true);
      ObjectNode policy = memory.putObject("requestPolicy").put("default", "1Gi");
      policy.putObject("validRange").put("min", "256Mi").put("step", "256Mi");
    }
    if (gpu.offer() == Gpu.Offer.MIG_ON_DEMAND) {
      consume(into, gpu, gpu.model().multiprocessors, 0, slices(gpu));
    }
  }

  /** One that exists has a uuid, and says as capacities where it lies. */
  private void instance(ObjectNode into, Gpu gpu, Gpu.Instance instance) {
    if (gpu.offer() == Gpu.Offer.MIG_ON_DEMAND) {
      int multiprocessors =
          gpu.places().stream()
              .filter(each -> each.profile().equals(instance.profile()))
              .mapToInt(Gpu.Place::multiprocessors)
              .findFirst()
              .orElse(0);
      consume(into, gpu, multiprocessors, instance.start(), instance.slices());
      return;
    }
    attribute(into, "uuid", instance.uuid());
    ObjectNode capacity = into.withObjectProperty("capacity");
    for (int i = instance.start(); i < instance.start() + instance.slices(); i++) {
      capacity.putObject("memorySlice" + i).put("value", "1");
    }
  }

  private void consume(ObjectNode into, Gpu gpu, int multiprocessors, int start, int slices) {
    ObjectNode consumes = into.putArray("consumesCounters").addObject();
    ObjectNode counters = consumes.put("counterSet", set(gpu)).putObject("counters");
    counters.putObject("multiprocessors").put("value", "" + multiprocessors);
    for (int slice = start; slice < start + slices; slice++) {
      counters.putObject("memory-slice-" + slice).put("value", "1");
    }
  }

  private static void attribute(ObjectNode device, String name, String value) {
    device.withObjectProperty("attributes").putObject(name).put("string", value);
  }
}
