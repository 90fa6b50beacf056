package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.team.Acceptance;
import gpu.kerf.extender.team.BudgetText;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuTime;
import java.time.Instant;
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
 * @param exhausted the fields of the condition {@code BudgetExhausted}; empty if there is none
 * @param figures held, borrowed and the like
 * @param budget what is used of the budget of this period; empty if there is none
 * @param pending -1 if it is not known
 */
record TeamStatus(
    long observedGeneration,
    Map<String, String> condition,
    Map<String, String> exhausted,
    Map<String, String> figures,
    Map<String, String> budget,
    long pending) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ACCEPTED = "Accepted";
  private static final String EXHAUSTED = "BudgetExhausted";
  private static final String BUDGET = "budget";
  private static final String PERIOD_START = "periodStart";
  private static final String PENDING = "pending";
  private static final String GENERATION = "observedGeneration";
  private static final List<String> FIGURES =
      List.of("held", "borrowed", "reserved", "share", "window");
  private static final List<String> BUDGET_FIELDS =
      List.of(PERIOD_START, "usedGpuHours", "leftGpuHours", "resets");
  private static final List<String> CONDITION =
      List.of("status", "reason", "message", "lastTransitionTime");

  TeamStatus {
    condition = Map.copyOf(condition);
    exhausted = Map.copyOf(exhausted);
    figures = Map.copyOf(figures);
    budget = Map.copyOf(budget);
  }

  /** What a Team's status says. */
  static TeamStatus read(JsonNode status) {
    Map<String, String> condition = new LinkedHashMap<>();
    Map<String, String> exhausted = new LinkedHashMap<>();
    for (JsonNode each : status.path("conditions")) {
      switch (each.path("type").asText("")) {
        case ACCEPTED -> CONDITION.forEach(field -> copy(each, field, condition));
        case EXHAUSTED -> CONDITION.forEach(field -> copy(each, field, exhausted));
        default -> {}
      }
    }
    Map<String, String> budget = new LinkedHashMap<>();
    BUDGET_FIELDS.forEach(field -> copy(status.path(BUDGET), field, budget));
    Map<String, String> figures = new LinkedHashMap<>();
    FIGURES.forEach(field -> copy(status, field, figures));
    return new TeamStatus(
        status.path(GENERATION).asLong(),
        condition,
        exhausted,
        figures,
        budget,
        status.path(PENDING).asLong(-1));
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
        exhausted,
        figures,
        budget,
        pending);
  }

  /** The same with other figures; null says that there are none. */
  TeamStatus with(TeamFigures.@Nullable Figures now) {
    if (now == null) {
      return new TeamStatus(observedGeneration, condition, Map.of(), Map.of(), Map.of(), -1);
    }
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("held", now.held().toString());
    texts.put("borrowed", now.borrowed().toString());
    texts.put("reserved", now.reserved().toString());
    texts.put("share", now.share().toString());
    if (!now.window().isEmpty()) {
      texts.put("window", now.window());
    }
    BudgetBalance balance = now.budget();
    return new TeamStatus(
        observedGeneration,
        condition,
        balance == null ? Map.of() : exhausted(balance),
        texts,
        balance == null ? Map.of() : budget(balance),
        now.pending());
  }

  private Map<String, String> exhausted(BudgetBalance balance) {
    String answer = balance.isExhausted() ? "True" : "False";
    String before = exhausted.get("lastTransitionTime");
    boolean same = answer.equals(exhausted.get("status"));
    return Map.of(
        "status",
        answer,
        "reason",
        word(balance.level()),
        "message",
        BudgetText.ofLevel(balance),
        "lastTransitionTime",
        same && before != null ? before : time(balance.atMillis()));
  }

  private static Map<String, String> budget(BudgetBalance balance) {
    return Map.of(
        PERIOD_START,
        time(balance.startMillis()),
        "usedGpuHours",
        GpuTime.text(GpuTime.milliGpuHours(balance.used())),
        "leftGpuHours",
        GpuTime.text(GpuTime.milliGpuHours(balance.left())),
        "resets",
        time(balance.endMillis()));
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** As the condition calls it. */
  private static String word(BudgetBalance.Level level) {
    return switch (level) {
      case WITHIN -> "Within";
      case USED_80_PERCENT -> "Used80Percent";
      case USED_95_PERCENT -> "Used95Percent";
      case EXHAUSTED -> "Exhausted";
    };
  }

  /**
   * The level that a budget has reached since another status was written; null if that status said
   * it already. A status that was written before a restart counts, so nothing is told twice.
   */
  BudgetBalance.@Nullable Level reachedSince(TeamStatus before) {
    BudgetBalance.Level now = level();
    boolean samePeriod =
        budget.getOrDefault(PERIOD_START, "").equals(before.budget.get(PERIOD_START));
    BudgetBalance.Level told = samePeriod ? before.level() : BudgetBalance.Level.WITHIN;
    return now.compareTo(told) > 0 ? now : null;
  }

  private BudgetBalance.Level level() {
    for (BudgetBalance.Level level : BudgetBalance.Level.values()) {
      if (word(level).equals(exhausted.get("reason"))) {
        return level;
      }
    }
    return BudgetBalance.Level.WITHIN;
  }

  /** What is said of the budget; empty if nothing is. */
  String budgetText() {
    return exhausted.getOrDefault("message", "");
  }

  TeamStatus withFiguresOf(TeamStatus other) {
    return new TeamStatus(
        observedGeneration, condition, other.exhausted, other.figures, other.budget, other.pending);
  }

  ObjectNode json() {
    ObjectNode status = JSON.createObjectNode().put(GENERATION, observedGeneration);
    ArrayNode conditions = JSON.createArrayNode();
    add(conditions, ACCEPTED, condition);
    add(conditions, EXHAUSTED, exhausted);
    if (!conditions.isEmpty()) {
      status.set("conditions", conditions);
    }
    figures.forEach(status::put);
    if (!budget.isEmpty()) {
      budget.forEach(status.putObject(BUDGET)::put);
    }
    if (pending >= 0) {
      status.put(PENDING, pending);
    }
    return status;
  }

  private void add(ArrayNode conditions, String type, Map<String, String> fields) {
    if (!fields.isEmpty()) {
      ObjectNode condition = conditions.addObject().put("type", type);
      fields.forEach(condition::put);
      condition.put(GENERATION, observedGeneration);
    }
  }
}
