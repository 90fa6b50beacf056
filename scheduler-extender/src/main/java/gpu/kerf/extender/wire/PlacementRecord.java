package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pod holds, as it is written on the pod: the truth from which the ledger is made again.
 *
 * <pre>
 * {"v":1,"node":"a","containers":[{"name":"main","wall":"mig","slots":[
 *   {"gpu":3,"uuid":"GPU-5d…","mig":{"profile":"1g.10gb","start":4,"uuid":"MIG-7c…"},"memoryMiB":9856}]}]}
 * </pre>
 *
 * <p>A slot has one of {@code "whole":true}, {@code "mig":{…}} and {@code "mps":{"smMilli":250}}.
 * Starts are in the driver's units.
 */
public record PlacementRecord(String node, List<ContainerRecord> containers) {

  private static final JsonFactory JSON = JsonIn.factory();

  public PlacementRecord {
    containers = List.copyOf(containers);
  }

  /** The slots of one container. */
  public record ContainerRecord(String name, List<SlotRecord> slots) {}

  /**
   * One slot.
   *
   * @param uuid of the GPU; null where only the index is known
   * @param profile of a MIG instance, else null
   * @param start of a MIG instance, in the driver's units
   * @param smMilli of an MPS share; -1 for a whole GPU and for a MIG instance
   */
  public record SlotRecord(
      int gpu,
      @Nullable String uuid,
      @Nullable String profile,
      int start,
      int smMilli,
      int memoryMiB) {}

  /** What a placement on a node looks like on the pod. */
  public static String write(Placement placement, NodeSpec node) {
    JsonBuffer out = new JsonBuffer();
    out.raw("{\"v\":1,\"node\":").string(placement.node()).raw(",\"containers\":[");
    boolean first = true;
    for (ContainerSlots container : placement.containers()) {
      out.comma(first).raw("{\"name\":").string(container.container());
      out.raw(",\"wall\":").string(container.wall().word()).raw(",\"slots\":[");
      for (int i = 0; i < container.slots().size(); i++) {
        out.comma(i == 0);
        write(container.slots().get(i), node, out);
      }
      out.raw("]}");
      first = false;
    }
    return new String(out.raw("]}").toByteArray(), StandardCharsets.UTF_8);
  }

  private static void write(Slot slot, NodeSpec node, JsonBuffer out) {
    String uuid = node.gpus().get(slot.gpu()).uuid();
    out.raw("{\"gpu\":").number(slot.gpu());
    if (uuid != null) {
      out.raw(",\"uuid\":").string(uuid);
    }
    if (slot instanceof Slot.Mig mig) {
      out.raw(",\"mig\":{\"profile\":").string(mig.profile().name());
      out.raw(",\"start\":").number(mig.profile().driverStart(mig.start()));
      String instance = instanceUuid(mig, node);
      if (instance != null) {
        out.raw(",\"uuid\":").string(instance);
      }
      out.raw('}');
    } else if (slot instanceof Slot.Share share) {
      out.raw(",\"mps\":{\"smMilli\":").number(share.smMilli()).raw('}');
    } else {
      out.raw(",\"whole\":true");
    }
    out.raw(",\"memoryMiB\":").number(slot.memoryMiB()).raw('}');
  }

  /** The driver's name of the instance in a slot; null where none is known or none exists yet. */
  public static @Nullable String instanceUuid(Slot.Mig slot, NodeSpec node) {
    for (MigInstance instance : node.gpus().get(slot.gpu()).instances()) {
      if (instance.start() == slot.start() && instance.profile().equals(slot.profile())) {
        return instance.uuid();
      }
    }
    return null;
  }

  /** Reads a record; whether its slots exist is another question. */
  public static PlacementRecord parse(String json) throws WireException {
    try (JsonParser parser = JSON.createParser(json)) {
      return JsonIn.read(parser, "placement record", in -> new Draft(in).read());
    } catch (IOException e) {
      throw new WireException("The placement record cannot be read: " + e.getMessage());
    }
  }

  /**
   * The placement that the record means on a node, with the CPU and memory that the pod takes
   * beside it. GPUs are found by uuid where it is known, for their order may have changed.
   */
  public Placement on(NodeSpec spec, int cpuMilli, int hostMemoryMiB) throws WireException {
    if (!spec.name().equals(node)) {
      throw new WireException(
          "The placement record is of node (" + node + "), but the pod is on " + spec.name() + ".");
    }
    List<ContainerSlots> slots = new ArrayList<>();
    for (ContainerRecord container : containers) {
      slots.add(resolved(container, spec));
    }
    return new Placement(node, slots, cpuMilli, hostMemoryMiB);
  }

  private static ContainerSlots resolved(ContainerRecord container, NodeSpec spec)
      throws WireException {
    List<Slot> slots = new ArrayList<>();
    for (SlotRecord slot : container.slots()) {
      try {
        slots.add(resolved(slot, spec));
      } catch (IllegalArgumentException e) {
        throw new WireException(
            "The placement record of container " + container.name() + ": " + e.getMessage());
      }
    }
    try {
      return new ContainerSlots(container.name(), slots);
    } catch (IllegalArgumentException e) {
      throw new WireException("The placement record: " + e.getMessage());
    }
  }

  private static Slot resolved(SlotRecord slot, NodeSpec spec) {
    int gpu = index(slot, spec);
    GpuSpec card = spec.gpus().get(gpu);
    if (slot.profile() != null) {
      MigProfile profile = card.model().profile(slot.profile());
      if (profile == null) {
        throw new IllegalArgumentException(
            "The MIG profile (" + slot.profile() + ") is none of a " + card.model().name() + ".");
      }
      return new Slot.Mig(gpu, profile, profile.startOfDriver(slot.start()), slot.memoryMiB());
    }
    return slot.smMilli() >= 0
        ? new Slot.Share(gpu, slot.memoryMiB(), slot.smMilli())
        : new Slot.Whole(gpu, slot.memoryMiB());
  }

  private static int index(SlotRecord slot, NodeSpec spec) {
    List<GpuSpec> gpus = spec.gpus();
    for (int i = 0; slot.uuid() != null && i < gpus.size(); i++) {
      if (slot.uuid().equals(gpus.get(i).uuid())) {
        return i;
      }
    }
    boolean another =
        slot.gpu() < gpus.size() && slot.uuid() != null && gpus.get(slot.gpu()).uuid() != null;
    if (slot.gpu() >= gpus.size() || another) {
      throw new IllegalArgumentException(
          "Node "
              + spec.name()
              + " has no GPU "
              + slot.gpu()
              + (slot.uuid() == null ? "." : " (" + slot.uuid() + ")."));
    }
    return slot.gpu();
  }

  /** A record while it is being read. */
  private static final class Draft {
    private final JsonIn in;
    private final List<ContainerRecord> containers = new ArrayList<>();
    private String node = "";
    private int version;

    Draft(JsonIn in) {
      this.in = in;
    }

    PlacementRecord read() throws IOException, WireException {
      in.object(
          field -> {
            switch (field) {
              case "v" -> version = in.integer();
              case "node" -> node = in.text();
              case "containers" -> in.array(() -> containers.add(container()));
              default -> {
                return false;
              }
            }
            return true;
          });
      if (version != 1) {
        throw new WireException("The placement record has the version (" + version + "), not 1.");
      }
      if (node.isEmpty()) {
        throw new WireException("The placement record has no node.");
      }
      return new PlacementRecord(node, containers);
    }

    private ContainerRecord container() throws IOException, WireException {
      String[] texts = {"", ""};
      List<SlotRecord> slots = new ArrayList<>();
      in.object(
          field -> {
            switch (field) {
              case "name" -> texts[0] = in.text();
              case "wall" -> texts[1] = in.text();
              case "slots" -> in.array(() -> slots.add(slot()));
              default -> {
                return false;
              }
            }
            return true;
          });
      if (texts[0].isEmpty() || slots.isEmpty()) {
        throw in.problem("is a container without " + (slots.isEmpty() ? "slots." : "a name."));
      }
      for (SlotRecord slot : slots) {
        if (!wall(slot).word().equals(texts[1])) {
          throw in.problem(
              "is a container with the wall ("
                  + texts[1]
                  + ") and a slot with the wall "
                  + wall(slot).word()
                  + ".");
        }
      }
      return new ContainerRecord(texts[0], slots);
    }

    private static Wall wall(SlotRecord slot) {
      return slot.profile() != null ? Wall.MIG : slot.smMilli() >= 0 ? Wall.MPS : Wall.NONE;
    }

    private SlotRecord slot() throws IOException, WireException {
      SlotDraft draft = new SlotDraft(in);
      in.object(draft::field);
      return draft.slot();
    }
  }

  /** One slot while it is being read. */
  private static final class SlotDraft {
    private final JsonIn in;
    private int gpu = -1;
    private @Nullable String uuid;
    private @Nullable String profile;
    private int start = -1;
    private int smMilli = -1;
    private int memoryMiB;
    private int kinds;

    SlotDraft(JsonIn in) {
      this.in = in;
    }

    boolean field(String field) throws IOException, WireException {
      switch (field) {
        case "gpu" -> gpu = in.integer();
        case "uuid" -> uuid = in.text();
        case "memoryMiB" -> memoryMiB = in.integer();
        case "whole" -> kinds += in.truth() ? 1 : 0;
        case "mig" -> {
          kinds++;
          in.object(this::mig);
        }
        case "mps" -> {
          kinds++;
          smMilli = 0;
          in.object(this::mps);
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean mig(String field) throws IOException, WireException {
      switch (field) {
        case "profile" -> profile = in.text();
        case "start" -> start = in.integer();
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean mps(String field) throws IOException, WireException {
      boolean known = field.equals("smMilli");
      smMilli = known ? in.integer() : smMilli;
      return known;
    }

    SlotRecord slot() throws WireException {
      if (kinds != 1) {
        throw in.problem("is a slot that is not exactly one of whole, mig and mps.");
      }
      if (gpu < 0 || gpu >= NodeSpec.MOST_GPUS || memoryMiB < 1) {
        throw in.problem("is a slot without a GPU's index (gpu) or the memory held (memoryMiB).");
      }
      if (smMilli < -1 || smMilli > 1000) {
        throw in.problem("is a slot with the SM share (" + smMilli + "), not 0 to 1000.");
      }
      return new SlotRecord(gpu, uuid, profile, start, smMilli, memoryMiB);
    }
  }
}
