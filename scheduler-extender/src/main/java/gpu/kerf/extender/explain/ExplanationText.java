package gpu.kerf.extender.explain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An explanation as a person reads it in a terminal, from the JSON of {@code /api/v1/explain}: an
 * answer of a running Kerf and an explanation made locally read the same.
 */
public final class ExplanationText {

  /** Goes without saying. */
  private static final String OWN_DIALECT = "kerf";

  private static final int MOST_CHANGES = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final StringBuilder text = new StringBuilder();

  private ExplanationText(String pod) {
    text.append(pod).append('\n');
  }

  /** Several lines, the last one ended. */
  public static String of(String pod, Explanation explanation) {
    return of(pod, JSON.valueToTree(ExplanationJson.of(explanation)));
  }

  /** Several lines, the last one ended. */
  public static String of(String pod, JsonNode explanation) {
    return new ExplanationText(pod).write(explanation);
  }

  private String write(JsonNode explanation) {
    String dialect = explanation.path("dialect").asText("");
    if (!dialect.isEmpty() && !dialect.equals(OWN_DIALECT)) {
      line("speaks", dialect);
    }
    if (!explanation.path("problems").isEmpty()) {
      for (JsonNode problem : explanation.path("problems")) {
        line("refused", problem.asText().replace("\n", "\n            "));
      }
      notes(explanation);
      return text.toString();
    }
    line("read as", explanation.path("readAs").asText());
    JsonNode best = explanation.path("best");
    if (best.has("node")) {
      line("goes to", best.path("node").asText() + ": " + slots(best.path("slots")));
      line("because", best.path("why").asText());
    }
    for (JsonNode group : explanation.path("verdicts")) {
      line(group.path("verdict").asText().replace('-', ' '), sentence(group));
    }
    for (JsonNode nodes : explanation.path("leftOut")) {
      int fitting = nodes.path("fitting").asInt();
      String room = fitting == 0 ? "" : " (" + fitting + " with room for it)";
      line("left out", sentence(nodes) + room);
    }
    for (JsonNode held : explanation.path("held")) {
      line("held", held(held));
    }
    if (!best.has("node")) {
      changes(explanation);
    }
    notes(explanation);
    return text.toString();
  }

  private void notes(JsonNode explanation) {
    for (JsonNode note : explanation.path("notes")) {
      line("note", note.asText().replace('\n', ' '));
    }
  }

  private void line(String label, String what) {
    text.append(String.format(Locale.ROOT, "  %-9s %s\n", label, what));
  }

  private static String sentence(JsonNode group) {
    int nodes = group.path("nodes").asInt();
    List<String> names = new ArrayList<>();
    group.path("examples").forEach(name -> names.add(name.asText()));
    String more = nodes > names.size() ? ", ..." : "";
    String on = "on " + nodes + (nodes == 1 ? " node" : " nodes");
    String reason = group.has("text") ? ": " + group.path("text").asText() : "";
    return on + " (" + String.join(", ", names) + more + ")" + reason;
  }

  private static String held(JsonNode held) {
    List<String> pods = new ArrayList<>();
    held.path("pods").forEach(pod -> pods.add(pod.asText()));
    String end =
        held.path("heldUntil").isNull()
            ? "and nothing is heard of the node"
            : "until " + Instant.ofEpochMilli(held.path("heldUntil").asLong());
    return "it would fit on node "
        + held.path("node").asText()
        + ", whose slots are held for containers that may still run, of pods that were deleted by"
        + " force ("
        + String.join(", ", pods)
        + "), "
        + end;
  }

  private void changes(JsonNode explanation) {
    boolean later = false;
    for (JsonNode group : explanation.path("verdicts")) {
      later |= group.path("verdict").asText().equals("not-now");
    }
    line(
        "wait",
        later
            ? "it fits when other pods have left"
            : "does not help: no pod that leaves would make room");
    JsonNode changes = explanation.path("changes");
    if (changes.isEmpty()) {
      line("change", "nothing that was tried would make it fit now");
    }
    for (int i = 0; i < Math.min(MOST_CHANGES, changes.size()); i++) {
      JsonNode change = changes.get(i);
      String node = change.path("node").asText();
      line(i == 0 ? "change" : "or", change.path("text").asText() + "; then it goes to " + node);
    }
  }

  private static String slots(JsonNode slots) {
    List<String> containers = new ArrayList<>();
    slots.forEach(slot -> containers.add(slot.path("container").asText()));
    boolean several = containers.stream().distinct().count() > 1;
    List<String> texts = new ArrayList<>();
    for (JsonNode slot : slots) {
      texts.add((several ? slot.path("container").asText() + " " : "") + slot(slot));
    }
    return texts.isEmpty() ? "no GPU" : String.join(", ", texts);
  }

  /** {@code GPU 3: MIG 1g.10gb at slice 4 (9856Mi)}. */
  private static String slot(JsonNode slot) {
    String memory = DemandText.memory(slot.path("memoryMiB").asInt());
    String gpu = "GPU " + slot.path("gpu").asInt() + ": ";
    int sm = slot.path("smMilli").asInt();
    return switch (slot.path("kind").asText()) {
      case "mig" ->
          "%sMIG %s at slice %d (%s)"
              .formatted(gpu, slot.path("profile").asText(), slot.path("start").asInt(), memory);
      case "mps" ->
          gpu + "MPS share (" + memory + (sm == 0 ? ")" : ", " + DemandText.percent(sm) + " SM)");
      default -> gpu + "whole (" + memory + ")";
    };
  }
}
