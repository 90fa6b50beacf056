package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A label selector: a pod must match all of these values and all of these expressions. */
record Selector(Map<String, String> labels, List<Expression> expressions) {

  /** One expression; an unknown operator matches nothing. */
  record Expression(String key, String operator, Set<String> values) {
    boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case "In" -> value != null && values.contains(value);
        case "NotIn" -> value == null || !values.contains(value);
        case "Exists" -> value != null;
        case "DoesNotExist" -> value == null;
        default -> false;
      };
    }
  }

  static Selector read(JsonNode selector) {
    Map<String, String> labels = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : selector.path("matchLabels").properties()) {
      labels.put(each.getKey(), each.getValue().asText(""));
    }
    List<Expression> expressions = new ArrayList<>();
    for (JsonNode each : selector.path("matchExpressions")) {
      Set<String> values = new HashSet<>();
      each.path("values").forEach(value -> values.add(value.asText("")));
      expressions.add(
          new Expression(each.path("key").asText(""), each.path("operator").asText(""), values));
    }
    return new Selector(labels, expressions);
  }

  boolean matches(Map<String, String> of) {
    return of.entrySet().containsAll(labels.entrySet())
        && expressions.stream().allMatch(expression -> expression.matches(of));
  }
}
