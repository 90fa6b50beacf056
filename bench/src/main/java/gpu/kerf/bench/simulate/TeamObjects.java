package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the Teams of the API server say now, and what they said lately: a replica may act on what it
 * heard before its watch was cut.
 */
final class TeamObjects {
  /** After this time every replica has heard of a change. */
  static final long LATELY = 240 * VirtualTime.SECOND;

  static final long NO_LIMIT = Long.MAX_VALUE;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final Map<String, Deque<Form>> forms = new HashMap<>();

  /** What a Team said until some time; null if it was not there. */
  private record Form(@Nullable JsonNode spec, long until) {}

  TeamObjects(VirtualTime timeline, ApiStore store) {
    this.timeline = timeline;
    this.store = store;
    store.listen(
        change -> {
          if (change.kind() == ObjectKind.TEAM) {
            heard(change);
          }
        });
  }

  private void heard(ApiStore.Change change) {
    JsonNode before = spec(change.before());
    if (!Objects.equals(before, spec(change.after()))) {
      Deque<Form> known = forms.computeIfAbsent(change.any().name(), any -> new ArrayDeque<>());
      known.add(new Form(before, timeline.now()));
      while (timeline.now() - known.element().until > LATELY) {
        known.remove();
      }
    }
  }

  private static @Nullable JsonNode spec(@Nullable Stored team) {
    return team == null ? null : team.json().path("spec");
  }

  boolean areNone() {
    return store.all(ObjectKind.TEAM).isEmpty();
  }

  Collection<Stored> all() {
    return store.all(ObjectKind.TEAM);
  }

  /** The team of a namespace; empty if it is in none. */
  String teamOf(String namespace) {
    for (Stored each : all()) {
      JsonNode namespaces = each.json().path("spec").path("namespaces");
      for (JsonNode name : namespaces.path("names")) {
        if (name.asText("").equals(namespace)) {
          return each.name();
        }
      }
      JsonNode labels = namespaces.path("selector").path("matchLabels");
      if (!labels.isEmpty() && hasLabels(namespace, labels)) {
        return each.name();
      }
    }
    return "";
  }

  private boolean hasLabels(String namespace, JsonNode labels) {
    Stored object = store.get(ObjectKind.NAMESPACE, namespace);
    JsonNode has = object == null ? labels.path("") : object.json().path("metadata").path("labels");
    return labels.properties().stream()
        .allMatch(each -> has.path(each.getKey()).equals(each.getValue()));
  }

  /** A team and those above it; empty for no team. */
  List<String> upwards(String team) {
    List<String> chain = new ArrayList<>();
    Stored at = team.isEmpty() ? null : store.get(ObjectKind.TEAM, team);
    while (at != null) {
      chain.add(at.name());
      at = store.get(ObjectKind.TEAM, at.json().path("spec").path("parent").asText("-"));
    }
    return chain;
  }

  /** Whether a team was there for a while without a break. */
  boolean isOld(String team) {
    return lately(team).stream().noneMatch(Objects::isNull);
  }

  private List<JsonNode> lately(String team) {
    List<JsonNode> specs = new ArrayList<>();
    specs.add(spec(store.get(ObjectKind.TEAM, team)));
    for (Form each : forms.getOrDefault(team, new ArrayDeque<>())) {
      if (timeline.now() - each.until <= LATELY) {
        specs.add(each.spec);
      }
    }
    return specs;
  }

  /** The largest limit that may have been known for a team lately, in thousandths. */
  long highestLimit(String team) {
    return lately(team).stream().mapToLong(spec -> bound(spec, true)).max().orElse(NO_LIMIT);
  }

  /** The smallest limit that a team may have now. */
  long lowestLimit(String team) {
    return bound(spec(store.get(ObjectKind.TEAM, team)), false);
  }

  private static long bound(@Nullable JsonNode spec, boolean highest) {
    if (spec == null) {
      return NO_LIMIT;
    }
    long limit = limit(spec);
    for (JsonNode window : spec.path("windows")) {
      limit = highest ? Math.max(limit, limit(window)) : Math.min(limit, limit(window));
    }
    return limit;
  }

  private static long limit(JsonNode amounts) {
    return amounts.has("limit") ? milli(amounts.path("limit")) : NO_LIMIT;
  }

  /** The smallest guarantee that may have been known for a team lately; 0 if it was not there. */
  long lowestGuarantee(String team) {
    ToLongFunction<@Nullable JsonNode> of =
        spec -> spec == null ? 0 : milli(spec.path("guarantee"));
    return lately(team).stream().mapToLong(of).min().orElse(0);
  }

  private static long milli(JsonNode amount) {
    String text = amount.asText("0");
    return new BigDecimal(text).movePointRight(3).longValueExact();
  }
}
