package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.fleet.Grant.ContainerGrant;
import gpu.kerf.model.fleet.Grant.SlotGrant;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.SlotDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a pod, as they are written on the pod. The ledger is rebuilt from these records.
 *
 * <pre>
 * {"v":1,"node":"a","containers":[{"name":"main","wall":"mig","slots":[
 *   {"gpu":3,"uuid":"GPU-5d…","mig":{"profile":"1g.10gb","start":4,"uuid":"MIG-7c…"},"memoryMiB":9856}]}]}
 * </pre>
 *
 * <p>A slot has one of {@code "whole":true}, {@code "mig":{…}} and {@code "mps":{"smMilli":250}}.
 * Starts are in the driver's units. Where a GPU has no UUID, {@code "gpus":"4xT4"} says what GPUs
 * the node had, for the index means nothing once they are others. Where a DRA driver hands out the
 * slot, {@code "device":"gpu-3-mig-1g10gb-19-4"} is the driver's name of its device, and where
 * HAMi's plugin makes the instance, its name of the profile: for people and tools, Kerf finds the
 * slot by the other fields.
 *
 * @param composition of the node, where a slot has no UUID; else empty
 */
public record PlacementRecord(String node, String composition, List<ContainerGrant> containers) {

  private static final JsonFactory JSON = JsonIn.factory();

  public PlacementRecord {
    containers = List.copyOf(containers);
  }

  /** What a placement on a node looks like on the pod. */
  public static String write(Placement placement, NodeSpec node) {
    Grant grant = Grant.of(placement, node);
    JsonBuffer out = new JsonBuffer();
    out.raw("{\"v\":1,\"node\":").string(grant.node());
    if (!grant.composition().isEmpty()) {
      out.raw(",\"gpus\":").string(grant.composition());
    }
    out.raw(",\"containers\":[");
    for (int i = 0; i < grant.containers().size(); i++) {
      out.comma(i == 0);
      write(grant.containers().get(i), placement.containers().get(i), node, out);
    }
    return new String(out.raw("]}").toByteArray(), StandardCharsets.UTF_8);
  }

  private static void write(
      ContainerGrant container, ContainerSlots placed, NodeSpec node, JsonBuffer out) {
    out.raw("{\"name\":").string(container.name());
    out.raw(",\"wall\":").string(placed.wall().word()).raw(",\"slots\":[");
    for (int i = 0; i < container.slots().size(); i++) {
      out.comma(i == 0);
      write(container.slots().get(i), device(placed.slots().get(i), node), out);
    }
    out.raw("]}");
  }

  private static @Nullable String device(Slot slot, NodeSpec node) {
    DriverDevices devices = node.devices();
    return devices == null ? null : SlotDevice.of(slot, devices);
  }

  private static void write(SlotGrant slot, @Nullable String device, JsonBuffer out) {
    out.raw("{\"gpu\":").number(slot.gpu());
    if (slot.uuid() != null) {
      out.raw(",\"uuid\":").string(slot.uuid());
    }
    if (device != null) {
      out.raw(",\"device\":").string(device);
    }
    if (slot.profile() != null) {
      out.raw(",\"mig\":{\"profile\":").string(slot.profile());
      out.raw(",\"start\":").number(slot.start());
      if (slot.instance() != null) {
        out.raw(",\"uuid\":").string(slot.instance());
      }
      out.raw('}');
    } else if (slot.smMilli() >= 0) {
      out.raw(",\"mps\":{\"smMilli\":").number(slot.smMilli()).raw('}');
    } else {
      out.raw(",\"whole\":true");
    }
    out.raw(",\"memoryMiB\":").number(slot.memoryMiB()).raw('}');
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
   * What the record gives to a pod on a node, with the CPU and memory that the pod takes beside it.
   * Where that lies now is for the ledger to find out.
   */
  public Grant grant(String onNode, int cpuMilli, int hostMemoryMiB) throws WireException {
    if (!onNode.equals(node)) {
      throw new WireException(
          "The placement record is of node (" + node + "), but the pod is on " + onNode + ".");
    }
    return new Grant(node, containers, composition, cpuMilli, hostMemoryMiB);
  }

  /** A record while it is being read. */
  private static final class Draft {
    private final JsonIn in;
    private final List<ContainerGrant> containers = new ArrayList<>();
    private String node = "";
    private String composition = "";
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
              case "gpus" -> composition = in.text();
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
      return new PlacementRecord(node, composition, containers);
    }

    private ContainerGrant container() throws IOException, WireException {
      String[] texts = {"", ""};
      List<SlotGrant> slots = new ArrayList<>();
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
      for (SlotGrant slot : slots) {
        if (!wall(slot).word().equals(texts[1])) {
          throw in.problem(
              "is a container with the wall ("
                  + texts[1]
                  + ") and a slot with the wall "
                  + wall(slot).word()
                  + ".");
        }
      }
      return new ContainerGrant(texts[0], slots);
    }

    private static Wall wall(SlotGrant slot) {
      return slot.profile() != null ? Wall.MIG : slot.smMilli() >= 0 ? Wall.MPS : Wall.NONE;
    }

    private SlotGrant slot() throws IOException, WireException {
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
    private @Nullable String instance;
    private int start = -1;
    private int smMilli = -1;
    private int memoryMiB;
    private int kinds;
    private boolean hasMig;

    SlotDraft(JsonIn in) {
      this.in = in;
    }

    boolean field(String field) throws IOException, WireException {
      switch (field) {
        case "gpu" -> gpu = in.integer();
        case "uuid" -> uuid = in.text();
        case "device" -> in.text();
        case "memoryMiB" -> memoryMiB = in.integer();
        case "whole" -> kinds += in.truth() ? 1 : 0;
        case "mig" -> {
          kinds++;
          hasMig = true;
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
        case "uuid" -> instance = in.text();
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

    SlotGrant slot() throws WireException {
      if (kinds != 1) {
        throw in.problem("is a slot that is not exactly one of whole, mig and mps.");
      }
      if (gpu < 0 || gpu >= NodeSpec.MOST_GPUS || memoryMiB < 1) {
        throw in.problem("is a slot without a GPU's index (gpu) or the memory held (memoryMiB).");
      }
      if (smMilli < -1 || smMilli > 1000) {
        throw in.problem("is a slot with the SM share (" + smMilli + "), not 0 to 1000.");
      }
      if (hasMig && (profile == null || profile.isEmpty() || start < 0)) {
        throw in.problem(
            "is a slot of MIG without a profile or without its start (" + start + ").");
      }
      return new SlotGrant(gpu, known(uuid), profile, start, known(instance), smMilli, memoryMiB);
    }

    private static @Nullable String known(@Nullable String text) {
      return text == null || text.isEmpty() ? null : text;
    }
  }
}
