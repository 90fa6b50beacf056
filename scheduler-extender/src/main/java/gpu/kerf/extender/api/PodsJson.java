package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** The pods that hold GPUs or wait for them, as JSON. */
public final class PodsJson {
  private static final String QUARANTINED =
      "it was deleted by force, and its containers may still run";

  private final Scheduling scheduling;
  private final Changes changes;

  /**
   * Which pods are asked for.
   *
   * @param state pending, bound or quarantined; empty for all
   * @param namespace empty for all
   * @param text a part of NAMESPACE/NAME in any case; empty for all
   * @param uid empty for all
   */
  public record Query(String state, String namespace, String text, String uid, int limit) {
    boolean matches(KnownPod pod) {
      return isWanted(pod) && matches(pod.holder());
    }

    /** A pod that is none any more, and still holds slots. */
    boolean matches(Entry entry) {
      boolean wanted = state.isEmpty() || state.equals("quarantined");
      return wanted && entry.state() == Entry.State.QUARANTINED && matches(entry.holder());
    }

    private boolean matches(Holder holder) {
      return (namespace.isEmpty() || namespace.equals(holder.namespace()))
          && (uid.isEmpty() || uid.equals(holder.uid()))
          && (text.isEmpty() || name(holder).contains(text.toLowerCase(Locale.ROOT)));
    }

    private static String name(Holder holder) {
      return (holder.namespace() + "/" + holder.name()).toLowerCase(Locale.ROOT);
    }

    private boolean isWanted(KnownPod pod) {
      boolean pending = Pending.is(pod);
      return switch (state) {
        case "pending" -> pending;
        case "bound" -> holds(pod);
        case "quarantined" -> false;
        default -> pending || holds(pod);
      };
    }

    private static boolean holds(KnownPod pod) {
      return !pod.isPending() && !pod.demand().containers().isEmpty();
    }
  }

  PodsJson(Scheduling scheduling, Changes changes) {
    this.scheduling = scheduling;
    this.changes = changes;
  }

  byte[] render(Query query, Viewer viewer) {
    List<KnownPod> pods = matching(scheduling, query, viewer);
    List<Entry> gone =
        scheduling.ledger().entries().stream()
            .filter(entry -> viewer.seesNamespace(entry.holder().namespace()))
            .filter(query::matches)
            .toList();
    int room = Math.max(0, query.limit - pods.size());
    return Json.versioned(
        out -> {
          out.writeArrayFieldStart("pods");
          for (KnownPod pod : pods.subList(0, Math.min(query.limit, pods.size()))) {
            out.writeStartObject();
            pod(out, pod, viewer);
            out.writeEndObject();
          }
          for (Entry entry : gone.subList(0, Math.min(room, gone.size()))) {
            out.writeStartObject();
            quarantined(out, entry);
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeNumberField("total", pods.size() + gone.size());
        });
  }

  /** The pods that a query wants, of those that are to be seen. */
  static List<KnownPod> matching(Scheduling scheduling, Query query, Viewer viewer) {
    return scheduling.pods().all().stream()
        .filter(pod -> viewer.seesNamespace(pod.holder().namespace()))
        .filter(query::matches)
        .toList();
  }

  private static void holder(JsonGenerator out, Holder holder, String state) throws IOException {
    out.writeStringField("uid", holder.uid());
    out.writeStringField("namespace", holder.namespace());
    out.writeStringField("name", holder.name());
    out.writeStringField("owner", holder.owner());
    out.writeStringField("group", holder.group());
    out.writeNumberField("priority", holder.priority());
    out.writeStringField("state", state);
  }

  private void quarantined(JsonGenerator out, Entry entry) throws IOException {
    holder(out, entry.holder(), Json.word(entry.state()));
    out.writeStringField("demand", "");
    Json.text(out, "node", entry.placement().node());
    out.writeNumberField("since", entry.since());
    QuarantineJson.field(out, scheduling, entry.uid());
    slots(out, entry.uid());
    out.writeStringField("reason", QUARANTINED);
  }

  private void pod(JsonGenerator out, KnownPod pod, Viewer viewer) throws IOException {
    holder(out, pod.holder(), pod.isPending() ? "pending" : "bound");
    out.writeStringField("demand", pod.isNonsense() ? "" : DemandText.brief(pod.demand()));
    Json.text(out, "node", pod.isPending() ? null : pod.node());
    out.writeNumberField("since", pod.since());
    slots(out, pod.uid());
    if (pod.isPending()) {
      why(out, pod, viewer);
    }
  }

  private void slots(JsonGenerator out, String uid) throws IOException {
    Entry entry = scheduling.ledger().entry(uid);
    out.writeArrayFieldStart("slots");
    if (entry != null) {
      for (Slot slot : entry.placement().slots()) {
        out.writeStartObject();
        out.writeNumberField("gpu", slot.gpu());
        SlotJson.fields(out, slot);
        SlotJson.device(out, slot, scheduling.fleet().node(entry.placement().node()));
        out.writeEndObject();
      }
    }
    out.writeEndArray();
  }

  private void why(JsonGenerator out, KnownPod pod, Viewer viewer) throws IOException {
    String reason = pod.isNonsense() ? pod.problem() : pod.reason();
    if (reason.isEmpty()) {
      return;
    }
    out.writeStringField("reason", viewer.sentence(reason));
    if (!pod.isNonsense() && changes.isKnown(pod.demand())) {
      Json.text(out, "change", changes.of(pod.demand()));
    }
  }
}
