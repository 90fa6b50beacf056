package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision about a pod: it is bound, it is refused, or others have to go for it.
 *
 * @param team empty if the pod belongs to none
 */
public record PodDecision(Decision decision, String team) implements EventData {

  /** Whether a decision is news; that filter found a node is not, since bind follows. */
  public static boolean isNews(Decision decision) {
    return word(decision) != null;
  }

  private static @Nullable String word(Decision decision) {
    return switch (decision.outcome()) {
      case PLACED -> decision.verb() == Decision.Verb.BIND ? "bound" : null;
      case REFUSED, ERROR -> "refused";
      case EVICTS -> "preempts";
    };
  }

  @Override
  public String type() {
    return PREFIX + "pod." + word(decision) + ".v1";
  }

  @Override
  public String subject() {
    return PodSubject.of(decision.pod());
  }

  @Override
  public String key() {
    return decision.pod().toString();
  }

  @Override
  public List<String> namespaces() {
    return List.of(decision.pod().namespace());
  }

  @Override
  public boolean isSeenBy(Viewer viewer) {
    return viewer.seesNamespace(decision.pod().namespace());
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    PodSubject.write(out, decision.pod(), team, viewer);
    out.writeNumberField("decision", decision.id());
    out.writeStringField("verb", decision.verb().name().toLowerCase(Locale.ROOT));
    switch (decision.outcome()) {
      case PLACED -> bound(out);
      case REFUSED, ERROR -> refused(out, viewer);
      case EVICTS -> evicts(out, viewer);
    }
    out.writeNumberField("micros", decision.micros());
  }

  private void bound(JsonGenerator out) throws IOException {
    Decision.Choice chosen = decision.chosen();
    if (chosen == null) {
      return;
    }
    out.writeStringField("node", chosen.node());
    Placement placement = chosen.placement();
    out.writeArrayFieldStart("slots");
    for (Slot slot : placement == null ? List.<Slot>of() : placement.slots()) {
      out.writeStartObject();
      out.writeNumberField("gpu", slot.gpu());
      out.writeNumberField("memoryMiB", slot.memoryMiB());
      if (slot instanceof Slot.Mig mig) {
        out.writeStringField("kind", "mig");
        out.writeStringField("profile", mig.profile().name());
      } else {
        out.writeStringField("kind", slot instanceof Slot.Share ? "mps" : "whole");
      }
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private void refused(JsonGenerator out, Viewer viewer) throws IOException {
    out.writeStringField("why", viewer.sentence(decision.why()));
    out.writeArrayFieldStart("reasons");
    for (Map.Entry<Reason, Integer> each : decision.refused().entrySet()) {
      out.writeStartObject();
      out.writeStringField("reason", each.getKey().name());
      out.writeNumberField("nodes", each.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private void evicts(JsonGenerator out, Viewer viewer) throws IOException {
    Decision.Choice chosen = decision.chosen();
    if (chosen != null) {
      out.writeStringField("node", chosen.node());
    }
    out.writeArrayFieldStart("victims");
    for (Decision.Victim victim : decision.victims()) {
      out.writeString(viewer.work(victim.pod().toString()));
    }
    out.writeEndArray();
  }
}
