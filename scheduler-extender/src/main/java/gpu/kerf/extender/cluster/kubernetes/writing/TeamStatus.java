package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.team.Acceptance;
import gpu.kerf.extender.team.TeamFigures;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of a Team's status that {@link TeamStatusWriter} keeps.
 *
 * @param condition the fields of the condition {@code Accepted}; empty if there is none
 * @param figures held, borrowed and the like
 * @param pending -1 if it is not known
 */
record TeamStatus(
    long observedGeneration,
    Map<String, String> condition,
    Map<String, String> figures,
    long pending) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ACCEPTED = "Accepted";
  private static final String PENDING = "pending";
  private static final String GENERATION = "observedGeneration";
  private static final List<String> FIGURES =
      List.of("held", "borrowed", "reserved", "share", "window");
  private static final List<String> CONDITION =
      List.of("status", "reason", "message", "lastTransitionTime");

  TeamStatus {
    condition = Map.copyOf(condition);
    figures = Map.copyOf(figures);
  }

  /** What a Team's status says. */
  static TeamStatus read(JsonNode status) {
    Map<String, String> condition = new LinkedHashMap<>();
    for (JsonNode each : status.path("conditions")) {
      if (each.path("type").asText("").equals(ACCEPTED)) {
        CONDITION.forEach(field -> copy(each, field, condition));
      }
    }
    Map<String, String> figures = new LinkedHashMap<>();
    FIGURES.forEach(field -> copy(status, field, figures));
    return new TeamStatus(
        status.path(GENERATION).asLong(), condition, figures, status.path(PENDING).asLong(-1));
  }

  private static void copy(JsonNode from, String field, Map<String, String> to) {
    if (from.path(field).isTextual()) {
      to.put(field, from.path(field).textValue());
    }
  }

  /** The same with another acceptance; the time changes only where the answer does. */
  TeamStatus with(@Nullable Acceptance acceptance, InstantSource clock) {
    if (acceptance == null) {
      return this;
    }
    String answer = acceptance.accepted() ? "True" : "False";
    boolean same = answer.equals(condition.get("status"));
    String since =
        same && condition.containsKey("lastTransitionTime")
            ? condition.getOrDefault("lastTransitionTime", "")
            : clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    return new TeamStatus(
        acceptance.generation(),
        Map.of(
            "status",
            answer,
            "reason",
            acceptance.reason().word(),
            "message",
            acceptance.message(),
            "lastTransitionTime",
            since),
        figures,
        pending);
  }

  /** The same with other figures; null says that there are none. */
  TeamStatus with(TeamFigures.@Nullable Figures now) {
    if (now == null) {
      return new TeamStatus(observedGeneration, condition, Map.of(), -1);
    }
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("held", now.held().toString());
    texts.put("borrowed", now.borrowed().toString());
    texts.put("reserved", now.reserved().toString());
    texts.put("share", now.share().toString());
    if (!now.window().isEmpty()) {
      texts.put("window", now.window());
    }
    return new TeamStatus(observedGeneration, condition, texts, now.pending());
  }

  TeamStatus withFiguresOf(TeamStatus other) {
    return new TeamStatus(observedGeneration, condition, other.figures, other.pending);
  }

  ObjectNode json() {
    ObjectNode status = JSON.createObjectNode().put(GENERATION, observedGeneration);
    if (!condition.isEmpty()) {
      ObjectNode accepted = status.putArray("conditions").addObject().put("type", ACCEPTED);
      condition.forEach(accepted::put);
      accepted.put(GENERATION, observedGeneration);
    }
    figures.forEach(status::put);
    if (pending >= 0) {
      status.put(PENDING, pending);
    }
    return status;
  }
}
