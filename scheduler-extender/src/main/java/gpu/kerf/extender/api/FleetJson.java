package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.telemetry.GpuFigures;
import gpu.kerf.model.fleet.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The whole fleet as JSON, with a few numbers for each node, so that it is small also for thousands
 * of nodes.
 */
final class FleetJson {
  private final Scheduling scheduling;
  private final FleetFigures figures;
  private IdentityHashMap<FleetFigures.Node, SerializableString> written = new IdentityHashMap<>();

  /** What one namespace holds and waits for. */
  private static final class Namespace {
    private long heldMiB;
    private int pods;
    private int pending;
  }

  FleetJson(Scheduling scheduling, FleetFigures figures) {
    this.scheduling = scheduling;
    this.figures = figures;
  }

  /**
   * As one client may see it: sums of memory are there for all, names and numbers of pods are not.
   */
  byte[] render(Viewer viewer) {
    figures.refresh();
    return Json.versioned(
        out -> {
          out.writeNumberField("time", scheduling.wallMillis());
          Map<String, Namespace> namespaces = namespaces(viewer);
          totals(out, namespaces);
          models(out);
          namespaces(out, namespaces);
          nodes(out, viewer);
        });
  }

  private Map<String, Namespace> namespaces(Viewer viewer) {
    Map<String, Namespace> namespaces = new TreeMap<>();
    for (Entry entry : scheduling.ledger().entries()) {
      boolean seen = viewer.seesNamespace(entry.holder().namespace());
      if (seen && entry.state() != Entry.State.PROPOSED) {
        Namespace namespace = of(namespaces, entry.holder().namespace());
        namespace.heldMiB += entry.placement().memoryMiB();
        namespace.pods++;
      }
    }
    for (KnownPod pod : scheduling.pods().all()) {
      if (Pending.is(pod) && viewer.seesNamespace(pod.holder().namespace())) {
        of(namespaces, pod.holder().namespace()).pending++;
      }
    }
    return namespaces;
  }

  private static Namespace of(Map<String, Namespace> namespaces, String name) {
    return namespaces.computeIfAbsent(name, key -> new Namespace());
  }

  private void totals(JsonGenerator out, Map<String, Namespace> namespaces) throws IOException {
    GpuFigures total = figures.total();
    out.writeObjectFieldStart("totals");
    out.writeNumberField("gpus", total.gpus());
    memory(out, total);
    out.writeNumberField("pods", namespaces.values().stream().mapToInt(each -> each.pods).sum());
    out.writeNumberField(
        "pending", namespaces.values().stream().mapToInt(each -> each.pending).sum());
    out.writeEndObject();
  }

  private static void memory(JsonGenerator out, GpuFigures of) throws IOException {
    out.writeNumberField("capacityMiB", of.capacityMiB());
    out.writeNumberField("heldMiB", of.heldMiB());
    out.writeNumberField("freeMiB", of.freeMiB());
    out.writeNumberField("strandedMiB", of.strandedMiB());
  }

  private void models(JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("models");
    for (Map.Entry<String, GpuFigures> model : figures.models().entrySet()) {
      GpuFigures sum = model.getValue();
      out.writeStartObject();
      out.writeStringField("name", model.getKey());
      out.writeNumberField("gpus", sum.gpus());
      memory(out, sum);
      out.writeNumberField("largestShareMiB", sum.largestMiB());
      out.writeNumberField("untouchedGpus", sum.untouched());
      out.writeNumberField("slices", figures.slices(model.getKey()));
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void namespaces(JsonGenerator out, Map<String, Namespace> namespaces)
      throws IOException {
    out.writeArrayFieldStart("namespaces");
    for (Map.Entry<String, Namespace> each : namespaces.entrySet()) {
      out.writeStartObject();
      out.writeStringField("name", each.getKey());
      out.writeNumberField("heldMiB", each.getValue().heldMiB);
      out.writeNumberField("pods", each.getValue().pods);
      out.writeNumberField("pending", each.getValue().pending);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private void nodes(JsonGenerator out, Viewer viewer) throws IOException {
    out.writeArrayFieldStart("nodes");
    if (viewer.allNamespaces()) {
      nodes(out);
    } else {
      for (FleetFigures.Node node : figures.nodes()) {
        out.writeStartObject();
        fields(out, node, viewer);
        out.writeEndObject();
      }
    }
    out.writeEndArray();
  }

  /** The nodes with all pods, of which only those that changed are written anew. */
  private void nodes(JsonGenerator out) throws IOException {
    IdentityHashMap<FleetFigures.Node, SerializableString> used =
        new IdentityHashMap<>(written.size() + 1);
    for (FleetFigures.Node node : figures.nodes()) {
      SerializableString text = written.get(node);
      text = text == null ? node(node) : text;
      used.put(node, text);
      out.writeRawValue(text);
    }
    written = used;
  }

  private SerializableString node(FleetFigures.Node node) {
    byte[] json = Json.object(out -> fields(out, node, Viewer.ALL));
    SerializableString text = new SerializedString(new String(json, StandardCharsets.UTF_8));
    text.asUnquotedUTF8();
    return text;
  }

  private void fields(JsonGenerator out, FleetFigures.Node node, Viewer viewer) throws IOException {
    GpuFigures sum = node.sum();
    long pods =
        scheduling.ledger().entriesOn(node.name()).stream()
            .filter(entry -> viewer.seesNamespace(entry.holder().namespace()))
            .count();
    out.writeStringField("name", node.name());
    out.writeNumberField("gpus", sum.gpus());
    out.writeNumberField("capacityMiB", sum.capacityMiB());
    out.writeNumberField("heldMiB", sum.heldMiB());
    out.writeNumberField("strandedMiB", sum.strandedMiB());
    out.writeNumberField("pods", pods);
    out.writeNumberField("unusableGpus", sum.unusable());
  }
}
