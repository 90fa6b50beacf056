package gpu.kerf.extender.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Whether the service is ready: a list of conditions, each with a text that says what it waits for.
 */
public final class Readiness {
  private final List<Condition> conditions = new ArrayList<>();
  private Supplier<List<Lack>> lacks = List::of;
  private boolean warm;
  private boolean stopping;

  /**
   * @param missing what is missing, as a sentence; empty if nothing is
   */
  private record Condition(String name, Supplier<String> missing) {}

  /** One condition that does not hold. */
  public record Missing(String condition, String why) {}

  /** What is told beside the conditions: something that is not there, and what to do. */
  public record Lack(String what, String hint) {}

  public Readiness() {
    add("warm", () -> warm ? "" : "The first decisions are still being rehearsed.");
    add("running", () -> stopping ? "The service is stopping." : "");
  }

  /** Adds a condition; {@code missing} is empty when it holds. */
  public void add(String name, Supplier<String> missing) {
    conditions.add(new Condition(name, missing));
  }

  /** Adds what is told beside the conditions, and keeps the service from nothing. */
  public void informOf(Supplier<List<Lack>> told) {
    lacks = told;
  }

  /** The warm-up is over. */
  public void warmedUp() {
    warm = true;
  }

  /** The service is stopping, and never ready again. */
  public void stopping() {
    stopping = true;
  }

  public boolean isStopping() {
    return stopping;
  }

  public List<Missing> missing() {
    List<Missing> missing = new ArrayList<>();
    for (Condition condition : conditions) {
      String why = condition.missing.get();
      if (!why.isEmpty()) {
        missing.add(new Missing(condition.name, why));
      }
    }
    return missing;
  }

  public boolean ready() {
    return missing().isEmpty();
  }

  /** Every condition, and whether it holds. */
  public Map<String, Boolean> holding() {
    Map<String, Boolean> holding = new LinkedHashMap<>();
    conditions.forEach(each -> holding.put(each.name, each.missing.get().isEmpty()));
    return holding;
  }

  JsonObject json() {
    JsonArray missing = new JsonArray();
    for (Missing each : missing()) {
      missing.add(new JsonObject().put("condition", each.condition).put("why", each.why));
    }
    JsonArray lacking = new JsonArray();
    for (Lack part : lacks.get()) {
      lacking.add(new JsonObject().put("what", part.what()).put("hint", part.hint()));
    }
    return new JsonObject()
        .put("ready", missing.isEmpty())
        .put("missing", missing)
        .put("installation", lacking);
  }
}
