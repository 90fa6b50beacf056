package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Publishes the inventory of a node, some time after it has changed. */
final class InventoryAgent {
  private final SimulatedNode node;
  private final Way way;
  private final VirtualTime timeline;
  private final ApiStore store;
  private final SplittableRandom random;
  private boolean partial;
  private int generation;
  private int turn;

  /** How it is published. */
  enum Way {
    /** The annotation {@code kerf.gpu/inventory}. */
    ANNOTATION,
    /** ResourceSlices of the DRA driver: one pool, several slices, a generation for each change. */
    SLICES,
    /** Labels of GPU feature discovery: a model and a number, no uuids. */
    LABELS,
    /** ResourceSlices of a DRA driver that hands the GPUs out. */
    DRIVER;

    /** Those of a cluster without DRA drivers that hand GPUs out. */
    static final List<Way> PLAIN = List.of(ANNOTATION, SLICES, LABELS);

    boolean hasSlices() {
      return this == SLICES || this == DRIVER;
    }
  }

  InventoryAgent(
      SimulatedNode node, Way way, VirtualTime timeline, ApiStore store, SplittableRandom random) {
    this.node = node;
    this.way = way;
    this.timeline = timeline;
    this.store = store;
    this.random = random;
  }

  Way way() {
    return way;
  }

  /** Whether ResourceSlices appear one by one, with time between them. */
  void partially(boolean on) {
    partial = on;
  }

  /** Creates the node object. */
  void register() {
    ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Node");
    ObjectNode metadata = json.putObject("metadata").put("name", node.name());
    ObjectNode labels = metadata.putObject("labels").put("kerf.gpu/managed", "true");
    ObjectNode annotations = metadata.putObject("annotations");
    if (way == Way.ANNOTATION) {
      annotations.put("kerf.gpu/inventory", inventory());
    } else if (way == Way.LABELS || isPlain()) {
      labels(labels);
    }
    if (way == Way.DRIVER) {
      labels.put("kerf.gpu/delivery", "dra");
    }
    ObjectNode status = json.putObject("status");
    for (String each : List.of("capacity", "allocatable")) {
      status.putObject(each).put("cpu", "128").put("memory", "1024Gi").put("pods", "250");
    }
    if (way == Way.DRIVER) {
      status.putObject("nodeInfo").put("kubeletVersion", "v1.36.3");
    }
    store.create(ObjectKind.NODE, json);
    if (way.hasSlices()) {
      publishSlices();
    }
  }

  void publishSoon() {
    timeline.after(
        100 * VirtualTime.MILLI + random.nextLong(15 * VirtualTime.SECOND), null, this::publish);
  }

  /** Publishes the same in another order. */
  void republish() {
    turn++;
    publish();
  }

  private void publish() {
    Stored known = store.get(ObjectKind.NODE, node.name());
    if (way.hasSlices()) {
      publishSlices();
    }
    if (known != null) {
      store.update(
          known,
          json -> {
            ObjectNode metadata = json.withObjectProperty("metadata");
            if (way == Way.ANNOTATION) {
              metadata.withObjectProperty("annotations").put("kerf.gpu/inventory", inventory());
            } else if (isPlain()) {
              labels(metadata.withObjectProperty("labels"));
            }
          });
    }
  }

  private boolean isPlain() {
    return node.gpus().stream().noneMatch(Gpu::isCut);
  }

  private void labels(ObjectNode labels) {
    Gpu.Model model = node.gpus().get(0).model();
    labels.put("nvidia.com/gpu.product", model.product.replace(' ', '-'));
    labels.put("nvidia.com/gpu.count", "" + node.gpus().size());
    labels.put("nvidia.com/gpu.memory", "" + model.memoryMiB);
  }

  private String inventory() {
    ObjectNode json = Stored.JSON.createObjectNode().put("v", 1);
    ArrayNode gpus = json.putArray("gpus");
    for (int index = 0; index < node.gpus().size(); index++) {
      Gpu gpu = node.gpus().get(index);
      ObjectNode one = gpus.addObject().put("index", index).put("uuid", gpu.uuid());
      one.put("model", gpu.model().word).put("memoryMiB", gpu.model().memoryMiB);
      one.put("mode", gpu.isCut() ? "mig" : "plain");
      if (gpu.isCut()) {
        ArrayNode instances = one.putArray("instances");
        for (Gpu.Instance each : gpu.instances()) {
          instances
              .addObject()
              .put("uuid", each.uuid())
              .put("profile", each.profile())
              .put("start", each.start());
        }
      }
    }
    return json.toString();
  }

  /** Two cards to a slice, so that a generation is complete only once all slices are there. */
  private void publishSlices() {
    generation++;
    DraSlices ofDriver = node.driverSlices();
    List<ObjectNode> slices = ofDriver == null ? slices() : ofDriver.of(generation, turn);
    // kubelet takes the slices of a driver away that is gone for a while.
    deleteSlices(partial && random.nextInt(3) == 0 ? 0 : slices.size());
    int mine = generation;
    int first = partial ? random.nextInt(slices.size()) : 0;
    long pause = partial && store.get(ObjectKind.SLICE, name(0)) == null ? VirtualTime.SECOND : 0;
    for (int i = 0; i < slices.size(); i++) {
      int number = (first + i) % slices.size();
      if (pause == 0) {
        write(slices.get(number), number);
      } else {
        timeline.after(
            pause,
            null,
            () -> {
              if (mine == generation) {
                write(slices.get(number), number);
              }
            });
      }
      pause += partial ? VirtualTime.SECOND + random.nextLong(10 * VirtualTime.SECOND) : 0;
    }
  }

  private void deleteSlices(int from) {
    for (int i = from; i < 8; i++) {
      Stored old = store.get(ObjectKind.SLICE, name(i));
      if (old != null) {
        store.delete(old);
      }
    }
  }

  private String name(int number) {
    return node.name() + "-gpu-" + number;
  }

  private void write(ObjectNode json, int number) {
    Stored old = store.get(ObjectKind.SLICE, name(number));
    if (old == null) {
      json.putObject("metadata").put("name", name(number));
      store.create(ObjectKind.SLICE, json);
    } else {
      store.update(old, into -> into.set("spec", json.get("spec")));
    }
  }

  private List<ObjectNode> slices() {
    List<ObjectNode> slices = new ArrayList<>();
    int count = (node.gpus().size() + 1) / 2;
    for (int i = 0; i < count; i++) {
      ObjectNode json = Stored.JSON.createObjectNode();
      json.put("apiVersion", "resource.k8s.io/v1").put("kind", "ResourceSlice");
      ObjectNode spec = json.putObject("spec").put("driver", "gpu.nvidia.com");
      spec.put("nodeName", node.name());
      ObjectNode pool = spec.putObject("pool").put("name", node.name());
      pool.put("generation", generation).put("resourceSliceCount", count);
      ArrayNode devices = spec.putArray("devices");
      for (int index = 2 * i; index < Math.min(2 * i + 2, node.gpus().size()); index++) {
        devices(devices, node.gpus().get(index), index);
      }
      slices.add(json);
    }
    return slices;
  }

  private static void devices(ArrayNode into, Gpu gpu, int index) {
    if (!gpu.isCut()) {
      ObjectNode device = into.addObject().put("name", "gpu-" + index);
      attribute(device, "type", "gpu");
      attribute(device, "uuid", gpu.uuid());
      attribute(device, "productName", gpu.model().product);
      device.putObject("capacity").putObject("memory").put("value", gpu.model().memoryMiB + "Mi");
    }
    for (Gpu.Instance each : gpu.instances()) {
      ObjectNode device = into.addObject().put("name", "gpu-" + index + "-mig-" + each.start());
      attribute(device, "type", "mig");
      attribute(device, "uuid", each.uuid());
      attribute(device, "parentUUID", gpu.uuid());
      attribute(device, "profile", each.profile());
      attribute(device, "productName", gpu.model().product);
      ObjectNode capacity = device.putObject("capacity");
      capacity.putObject("memory").put("value", each.memoryMiB() + "Mi");
      for (int slice = each.start(); slice < each.start() + each.slices(); slice++) {
        capacity.putObject("memorySlice" + slice).put("value", "1");
      }
    }
  }

  private static void attribute(ObjectNode device, String name, String value) {
    device.withObjectProperty("attributes").putObject(name).put("string", value);
  }
}
