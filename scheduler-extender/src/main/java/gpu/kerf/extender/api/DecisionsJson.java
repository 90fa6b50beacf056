package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.Decisions;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.price.Prices;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The latest decisions and their reasons, as JSON. */
final class DecisionsJson {
  private final Decisions decisions;

  DecisionsJson(Decisions decisions) {
    this.decisions = decisions;
  }

  /** The latest, newest first; of one pod only unless its uid is empty. */
  byte[] render(int limit, String uid, Viewer viewer) {
    return Json.versioned(
        out -> {
          out.writeArrayFieldStart("decisions");
          for (Decision decision : decisions.latest(limit, each -> isWanted(each, uid, viewer))) {
            out.writeStartObject();
            fields(out, decision, viewer);
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }

  private static boolean isWanted(Decision decision, String uid, Viewer viewer) {
    return (uid.isEmpty() || decision.pod().uid().equals(uid))
        && viewer.seesNamespace(decision.pod().namespace());
  }

  static byte[] one(Decision decision, Viewer viewer) {
    return Json.object(out -> fields(out, decision, viewer));
  }

  /** Its reasons in a sentence, with victims only if all of them are to be seen. */
  static String why(Decision decision, Viewer viewer) {
    boolean seen =
        decision.victims().stream().allMatch(each -> viewer.seesNamespace(each.pod().namespace()));
    return seen
        ? viewer.sentence(decision.why())
        : "Evicting pods of lower priority makes room with the least harm.";
  }

  private static void fields(JsonGenerator out, Decision decision, Viewer viewer)
      throws IOException {
    out.writeNumberField("id", decision.id());
    out.writeNumberField("time", decision.time());
    out.writeStringField("verb", Json.word(decision.verb()));
    out.writeStringField("uid", decision.pod().uid());
    out.writeStringField("namespace", decision.pod().namespace());
    out.writeStringField("pod", decision.pod().name());
    out.writeStringField("outcome", Json.word(decision.outcome()));
    Decision.Choice chosen = decision.chosen();
    if (chosen != null) {
      out.writeStringField("node", chosen.node());
      cost(out, chosen.cost());
    }
    out.writeStringField("why", why(decision, viewer));
    out.writeNumberField("alternatives", decision.alternatives());
    Decision.Choice second = decision.runnerUp();
    if (second != null) {
      out.writeObjectFieldStart("runnerUp");
      out.writeStringField("node", second.node());
      cost(out, second.cost());
      out.writeEndObject();
    }
    refused(out, decision);
    victims(out, decision, viewer);
    out.writeNumberField("micros", decision.micros());
  }

  private static void cost(JsonGenerator out, @Nullable Cost cost) throws IOException {
    if (cost != null) {
      out.writeObjectFieldStart("cost");
      out.writeNumberField("taken", cost.taken());
      out.writeNumberField("takenMiB", Math.round((double) cost.taken() / Prices.MIB));
      out.writeNumberField("distance", cost.distance());
      out.writeNumberField("leftover", cost.leftover());
      out.writeNumberField("free", cost.free());
      out.writeEndObject();
    }
  }

  private static void refused(JsonGenerator out, Decision decision) throws IOException {
    out.writeArrayFieldStart("refused");
    for (Map.Entry<Reason, Integer> each : decision.refused().entrySet()) {
      out.writeStartObject();
      out.writeStringField("reason", each.getKey().name());
      out.writeStringField("text", each.getKey().text());
      out.writeNumberField("nodes", each.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void victims(JsonGenerator out, Decision decision, Viewer viewer)
      throws IOException {
    if (decision.victims().isEmpty()) {
      return;
    }
    out.writeArrayFieldStart("victims");
    for (Decision.Victim victim : decision.victims()) {
      if (!viewer.seesNamespace(victim.pod().namespace())) {
        continue;
      }
      out.writeStartObject();
      out.writeStringField("uid", victim.pod().uid());
      out.writeStringField("namespace", victim.pod().namespace());
      out.writeStringField("pod", victim.pod().name());
      out.writeNumberField("priority", victim.priority());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
