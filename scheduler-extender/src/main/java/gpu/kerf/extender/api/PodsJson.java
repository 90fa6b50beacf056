package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Pods that hold GPUs or wait for them. */
public final class PodsJson {
  private final Scheduling scheduling;
  private final Changes changes;

  /**
   * Which pods are asked for.
   *
   * @param state pending or bound; empty for all
   * @param namespace empty for all
   * @param text a part of NAMESPACE/NAME in any case; empty for all
   * @param uid empty for all
   */
  public record Query(String state, String namespace, String text, String uid, int limit) {
    boolean matches(KnownPod pod) {
      return isWanted(pod)
          && (namespace.isEmpty() || namespace.equals(pod.holder().namespace()))
          && (uid.isEmpty() || uid.equals(pod.uid()))
          && (text.isEmpty() || name(pod).contains(text.toLowerCase(Locale.ROOT)));
    }

    private static String name(KnownPod pod) {
      return (pod.holder().namespace() + "/" + pod.holder().name()).toLowerCase(Locale.ROOT);
    }

    private boolean isWanted(KnownPod pod) {
      boolean pending = Pending.is(pod);
      return switch (state) {
        case "pending" -> pending;
        case "bound" -> holds(pod);
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

  byte[] render(Query query) {
    List<KnownPod> pods = scheduling.pods().all().stream().filter(query::matches).toList();
    return Json.versioned(
        out -> {
          out.writeArrayFieldStart("pods");
          for (KnownPod pod : pods.subList(0, Math.min(query.limit, pods.size()))) {
            out.writeStartObject();
            pod(out, pod);
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeNumberField("total", pods.size());
        });
  }

  private void pod(JsonGenerator out, KnownPod pod) throws IOException {
    out.writeStringField("uid", pod.uid());
    out.writeStringField("namespace", pod.holder().namespace());
    out.writeStringField("name", pod.holder().name());
    out.writeStringField("owner", pod.holder().owner());
    out.writeStringField("group", pod.holder().group());
    out.writeNumberField("priority", pod.holder().priority());
    out.writeStringField("state", pod.isPending() ? "pending" : "bound");
    out.writeStringField("demand", pod.isNonsense() ? "" : DemandText.brief(pod.demand()));
    Json.text(out, "node", pod.isPending() ? null : pod.node());
    out.writeNumberField("since", pod.since());
    slots(out, pod);
    if (pod.isPending()) {
      why(out, pod);
    }
  }

  private void slots(JsonGenerator out, KnownPod pod) throws IOException {
    Entry entry = scheduling.ledger().entry(pod.uid());
    out.writeArrayFieldStart("slots");
    if (entry != null) {
      for (Slot slot : entry.placement().slots()) {
        out.writeStartObject();
        out.writeNumberField("gpu", slot.gpu());
        SlotJson.fields(out, slot);
        out.writeEndObject();
      }
    }
    out.writeEndArray();
  }

  private void why(JsonGenerator out, KnownPod pod) throws IOException {
    String reason = pod.isNonsense() ? pod.problem() : pod.reason();
    if (reason.isEmpty()) {
      return;
    }
    out.writeStringField("reason", reason);
    if (!pod.isNonsense() && changes.isKnown(pod.demand())) {
      Json.text(out, "change", changes.of(pod.demand()));
    }
  }
}
