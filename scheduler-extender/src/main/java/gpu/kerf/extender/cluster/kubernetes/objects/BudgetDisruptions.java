package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.objects.BudgetDisruptions.Budget;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.eviction.Budgets;
import gpu.kerf.model.eviction.Candidate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The PodDisruptionBudgets of the cluster. */
public final class BudgetDisruptions implements Sink<Budget>, Disruptions {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Labels labels;
  private final Map<String, Map<String, Budget>> byNamespace = new HashMap<>();
  private @Nullable Budgets budgets;
  private long loosened;

  /**
   * One budget.
   *
   * @param selector null selects no pod
   */
  record Budget(@Nullable Selector selector, int allowed) {}

  public BudgetDisruptions(Labels labels) {
    this.labels = labels;
  }

  @Override
  public Budget read(Meta meta, JsonSlice json) throws WireException {
    try {
      JsonNode object = JSON.readTree(json.bytes(), json.offset(), json.length());
      JsonNode selector = object.path("spec").path("selector");
      return new Budget(
          selector.isObject() ? Selector.read(selector) : null,
          Math.max(0, object.path("status").path("disruptionsAllowed").asInt(0)));
    } catch (IOException e) {
      throw new WireException("The budget cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, Budget budget) {
    Budget before =
        byNamespace
            .computeIfAbsent(meta.namespace(), each -> new HashMap<>())
            .put(meta.name(), budget);
    if (before != null
        && (before.allowed < budget.allowed || !Objects.equals(before.selector, budget.selector))) {
      loosened++;
    }
    budgets = null;
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    deleted(meta);
  }

  @Override
  public void deleted(Meta meta) {
    byNamespace.getOrDefault(meta.namespace(), new HashMap<>()).remove(meta.name());
    loosened++;
    budgets = null;
  }

  @Override
  public long loosened() {
    return loosened;
  }

  @Override
  public Candidate covered(Candidate candidate) {
    String namespace = candidate.holder().namespace();
    Map<String, Budget> here = byNamespace.getOrDefault(namespace, Map.of());
    if (here.isEmpty()) {
      return candidate;
    }
    Map<String, String> of = labels.of(candidate.uid()).labels();
    List<String> covering = new ArrayList<>();
    here.forEach(
        (name, budget) -> {
          if (budget.selector != null && budget.selector.matches(of)) {
            covering.add(namespace + "/" + name);
          }
        });
    return candidate.coveredBy(covering.toArray(String[]::new));
  }

  /** No plan goes beyond them: the eviction API would not let it. */
  @Override
  public Budgets budgets() {
    Budgets known = budgets;
    if (known == null) {
      Map<String, Integer> allowed = new HashMap<>();
      byNamespace.forEach(
          (namespace, here) ->
              here.forEach((name, each) -> allowed.put(namespace + "/" + name, each.allowed)));
      known = Budgets.respect(allowed);
      budgets = known;
    }
    return known;
  }
}
