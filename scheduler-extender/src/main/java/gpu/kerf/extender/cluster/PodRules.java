package gpu.kerf.extender.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * By what a pod's manifest leaves nodes out before Kerf is asked: {@code nodeName}, {@code
 * nodeSelector}, required node affinity, and tolerations of taints and of cordoned nodes. Of
 * kube-scheduler's own filters these are the ones that only look at the node and the pod.
 */
public final class PodRules {
  private static final String UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
  private static final Set<String> KEEPING_OUT = Set.of("NoSchedule", "NoExecute");

  private final JsonNode spec;

  /**
   * @param pod its manifest
   */
  public PodRules(JsonNode pod) {
    this.spec = pod.path("spec");
  }

  /** The scheduler that is to place it; empty if the manifest names none. */
  public String schedulerName() {
    return spec.path("schedulerName").asText("");
  }

  /** The names of the claims of devices that it makes, of which Kerf gives none. */
  public List<String> claims() {
    List<String> names = new ArrayList<>();
    spec.path("resourceClaims").forEach(claim -> names.add(claim.path("name").asText("?")));
    return names;
  }

  /** Why kube-scheduler leaves a node out, as the end of a sentence; null if it does not. */
  public @Nullable String against(String node, NodeRules rules) {
    String wanted = spec.path("nodeName").asText("");
    if (!wanted.isEmpty()) {
      return wanted.equals(node) ? null : "the pod names node " + wanted;
    }
    if (rules.cordoned() && !tolerates(new NodeRules.Taint(UNSCHEDULABLE, "", "NoSchedule"))) {
      return "the node is cordoned";
    }
    for (NodeRules.Taint taint : rules.taints()) {
      boolean harmless = taint.key().equals(UNSCHEDULABLE) && rules.cordoned();
      if (KEEPING_OUT.contains(taint.effect()) && !harmless && !tolerates(taint)) {
        return "the node has the taint " + taint + ", which the pod does not tolerate";
      }
    }
    for (Map.Entry<String, JsonNode> each : spec.path("nodeSelector").properties()) {
      if (!each.getValue().asText("").equals(rules.labels().get(each.getKey()))) {
        return "the pod's nodeSelector wants "
            + each.getKey()
            + ": "
            + each.getValue().asText("")
            + ", which the node has not";
      }
    }
    return isWanted(node, rules.labels())
        ? null
        : "the pod's node affinity does not match the node";
  }

  private boolean tolerates(NodeRules.Taint taint) {
    for (JsonNode toleration : spec.path("tolerations")) {
      String key = toleration.path("key").asText("");
      String effect = toleration.path("effect").asText("");
      boolean exists = toleration.path("operator").asText("Equal").equals("Exists");
      boolean sameKey = key.equals(taint.key()) || (key.isEmpty() && exists);
      boolean sameEffect = effect.isEmpty() || effect.equals(taint.effect());
      boolean sameValue = exists || toleration.path("value").asText("").equals(taint.value());
      if (sameKey && sameEffect && sameValue) {
        return true;
      }
    }
    return false;
  }

  /** One term must match, and in it all expressions; a term without expressions matches nothing. */
  private boolean isWanted(String node, Map<String, String> labels) {
    JsonNode required =
        spec.at("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution");
    if (!required.has("nodeSelectorTerms")) {
      return true;
    }
    for (JsonNode term : required.path("nodeSelectorTerms")) {
      boolean empty = term.path("matchExpressions").isEmpty() && term.path("matchFields").isEmpty();
      if (!empty
          && all(term.path("matchExpressions"), labels)
          && all(term.path("matchFields"), Map.of("metadata.name", node))) {
        return true;
      }
    }
    return false;
  }

  private static boolean all(JsonNode expressions, Map<String, String> values) {
    for (JsonNode expression : expressions) {
      if (!matches(expression, values.get(expression.path("key").asText("")))) {
        return false;
      }
    }
    return true;
  }

  private static boolean matches(JsonNode expression, @Nullable String value) {
    Set<String> values = new HashSet<>();
    expression.path("values").forEach(each -> values.add(each.asText("")));
    return switch (expression.path("operator").asText("")) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      case "Gt" -> compared(value, values) > 0;
      case "Lt" -> compared(value, values) < 0;
      default -> false;
    };
  }

  /** Numbers that cannot be read match nothing. */
  private static int compared(@Nullable String value, Set<String> values) {
    try {
      return values.size() == 1 && value != null
          ? Long.compare(Long.parseLong(value), Long.parseLong(values.iterator().next()))
          : 0;
    } catch (NumberFormatException nonsense) {
      return 0;
    }
  }
}
