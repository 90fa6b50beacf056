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
  private boolean warm;
  private boolean stopping;

  /**
   * @param missing what is missing, as a sentence; empty if nothing is
   */
  private record Condition(String name, Supplier<String> missing) {}

  /** One condition that does not hold. */
  public record Missing(String condition, String why) {}

  public Readiness() {
    add("warm", () -> warm ? "" : "The first decisions are still being rehearsed.");
    add("running", () -> stopping ? "The service is stopping." : "");
  }

  /** Adds a condition; {@code missing} is empty when it holds. */
  public void add(String name, Supplier<String> missing) {
    conditions.add(new Condition(name, missing));
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
    return new JsonObject().put("ready", missing.isEmpty()).put("missing", missing);
  }
}
