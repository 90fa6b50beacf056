package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.GpuFigures;
import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One node as JSON: its GPUs, and which pod holds which part of them. */
final class NodeJson {
  private final Scheduling scheduling;
  private final Supplier<@Nullable UsualDemands> usual;

  /**
   * @param usual what strands memory is reckoned with these
   */
  NodeJson(Scheduling scheduling, Supplier<@Nullable UsualDemands> usual) {
    this.scheduling = scheduling;
    this.usual = usual;
  }

  /** A node, or null if there is none of this name. */
  byte @Nullable [] one(String name, Viewer viewer) {
    NodeState node = scheduling.fleet().node(name);
    return node == null ? null : Json.versioned(out -> fields(out, node, viewer));
  }

  /** Those of some nodes that are there. */
  byte[] many(List<String> names, Viewer viewer) {
    return Json.versioned(
        out -> {
          out.writeArrayFieldStart("nodes");
          for (String name : names) {
            NodeState node = scheduling.fleet().node(name);
            if (node != null) {
              out.writeStartObject();
              fields(out, node, viewer);
              out.writeEndObject();
            }
          }
          out.writeEndArray();
        });
  }

  private void fields(JsonGenerator out, NodeState node, Viewer viewer) throws IOException {
    NodeSpec spec = node.spec();
    out.writeStringField("name", node.name());
    amount(out, "cpuMilli", spec.cpuMilli(), spec.cpuMilli());
    amount(out, "freeCpuMilli", node.freeCpuMilli(), spec.cpuMilli());
    amount(out, "hostMemoryMiB", spec.hostMemoryMiB(), spec.hostMemoryMiB());
    amount(out, "freeHostMemoryMiB", node.freeHostMiB(), spec.hostMemoryMiB());
    out.writeArrayFieldStart("gpus");
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      out.writeStartObject();
      gpu(out, node, gpu, viewer);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** An amount that is not counted is null. */
  private static void amount(JsonGenerator out, String name, int value, int capacity)
      throws IOException {
    if (capacity == NodeSpec.UNKNOWN) {
      out.writeNullField(name);
    } else {
      out.writeNumberField(name, value);
    }
  }

  private void gpu(JsonGenerator out, NodeState node, int gpu, Viewer viewer) throws IOException {
    GpuSpec spec = node.spec().gpus().get(gpu);
    GpuFigures figures = GpuFigures.of(node, gpu, usual.get());
    out.writeNumberField("index", gpu);
    Json.text(out, "uuid", spec.uuid());
    out.writeStringField("model", spec.model().name());
    out.writeStringField("mode", spec.mode().word());
    out.writeNumberField("memoryMiB", spec.memoryMiB());
    out.writeNumberField("shareableMiB", node.shareable(gpu));
    out.writeNumberField("slices", spec.mode() == GpuMode.PLAIN ? 0 : spec.model().slices());
    out.writeBooleanField("usable", node.isUsable(gpu));
    out.writeNumberField("freeMiB", figures.freeMiB());
    out.writeNumberField("strandedMiB", figures.strandedMiB());
    if (!node.isPlain(gpu)) {
      strandedSlices(out, GpuFigures.strandedSlices(node, gpu, usual.get()));
    }
    out.writeNumberField("clients", node.clients(gpu));
    out.writeNumberField("freeSmMilli", node.freeSm(gpu));
    slots(out, node.name(), gpu, viewer);
    if (spec.mode() == GpuMode.MIG) {
      instances(out, spec, node.occupied(gpu));
    }
  }

  private static void strandedSlices(JsonGenerator out, int mask) throws IOException {
    out.writeArrayFieldStart("strandedSlices");
    for (int left = mask; left != 0; left &= left - 1) {
      out.writeNumber(Integer.numberOfTrailingZeros(left));
    }
    out.writeEndArray();
  }

  private void slots(JsonGenerator out, String node, int gpu, Viewer viewer) throws IOException {
    out.writeArrayFieldStart("slots");
    int index = 0;
    for (Entry entry : scheduling.ledger().entriesOn(node)) {
      for (Placement.ContainerSlots container : entry.placement().containers()) {
        for (Slot slot : container.slots()) {
          if (slot.gpu() == gpu) {
            out.writeStartObject();
            if (viewer.seesNamespace(entry.holder().namespace())) {
              holder(out, entry, container.container());
              SlotJson.device(out, slot, scheduling.fleet().node(node));
            } else {
              anotherTeam(out, entry, gpu, index);
            }
            SlotJson.fields(out, slot);
            out.writeEndObject();
            index++;
          }
        }
      }
    }
    for (ForeignHold hold : scheduling.ledger().holdsOn(node)) {
      for (Slot slot : scheduling.ledger().slotsOf(hold)) {
        if (slot.gpu() == gpu) {
          out.writeStartObject();
          hold(out, hold, viewer, gpu + "-" + index, node);
          SlotJson.fields(out, slot);
          out.writeEndObject();
          index++;
        }
      }
    }
    out.writeEndArray();
  }

  /**
   * What another scheduler or a user gave to a ResourceClaim, or HAMi's scheduler to a pod; its
   * name is shown as that of a pod of Kerf is.
   */
  private void hold(JsonGenerator out, ForeignHold hold, Viewer viewer, String ofGpu, String node)
      throws IOException {
    boolean seen = viewer.seesNamespace(hold.namespace());
    boolean pod = isOfPods(scheduling, node);
    String name = seen ? hold.name() : "";
    out.writeStringField("uid", seen ? hold.uid() : "another-" + ofGpu);
    out.writeStringField("namespace", seen ? hold.namespace() : Viewer.ANOTHER_TEAM);
    out.writeStringField("pod", pod ? name : "");
    out.writeStringField("container", "");
    out.writeStringField("claim", pod ? "" : name);
    out.writeStringField("state", pod ? "foreign" : "claimed");
  }

  /** Whether what others hold on a node is held by pods; elsewhere by ResourceClaims. */
  static boolean isOfPods(Scheduling scheduling, String node) {
    NodeState known = scheduling.fleet().node(node);
    return known != null && known.spec().delivery() == DeliveryWay.HAMI_MIG;
  }

  private void holder(JsonGenerator out, Entry entry, String container) throws IOException {
    out.writeStringField("uid", entry.uid());
    out.writeStringField("namespace", entry.holder().namespace());
    out.writeStringField("pod", entry.holder().name());
    out.writeStringField("container", container);
    out.writeStringField("state", Json.word(entry.state()));
    QuarantineJson.field(out, scheduling, entry.uid());
  }

  /** The part of the GPU is taken, and by whom is not to be seen. */
  private static void anotherTeam(JsonGenerator out, Entry entry, int gpu, int index)
      throws IOException {
    out.writeStringField("uid", "another-" + gpu + "-" + index);
    out.writeStringField("namespace", Viewer.ANOTHER_TEAM);
    out.writeStringField("pod", "");
    out.writeStringField("container", "");
    out.writeStringField("state", Json.word(entry.state()));
  }

  private static void instances(JsonGenerator out, GpuSpec spec, int occupied) throws IOException {
    out.writeArrayFieldStart("instances");
    for (MigInstance instance : spec.instances()) {
      out.writeStartObject();
      out.writeStringField("profile", instance.profile().name());
      out.writeNumberField("start", instance.start());
      out.writeNumberField("size", instance.profile().size());
      out.writeBooleanField("held", (instance.mask() & occupied) != 0);
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
