package gpu.kerf.model.eviction;

import java.util.Map;

/**
 * How many pods each disruption budget still allows to be evicted, and what happens beyond that.
 *
 * <p>A budget that is not in this table allows no eviction.
 */
public record Budgets(Mode mode, Map<String, Integer> allowed) {

  /** How binding a budget is. */
  public enum Mode {
    /** No plan goes beyond a budget. */
    RESPECT,
    /** A plan may, if nothing else helps; it is the worst of harms. kube-scheduler does so. */
    PREFER
  }

  public Budgets {
    allowed = Map.copyOf(allowed);
    allowed.forEach(Budgets::refuseNegative);
  }

  private static void refuseNegative(String budget, int allowed) {
    if (allowed < 0) {
      throw new IllegalArgumentException(
          "The disruptions that the budget "
              + budget
              + " still allows ("
              + allowed
              + ") must not be negative.\nMaybe it is overdrawn: write 0.");
    }
  }

  /** No budget exists. */
  public static Budgets none() {
    return new Budgets(Mode.PREFER, Map.of());
  }

  public static Budgets respect(Map<String, Integer> allowed) {
    return new Budgets(Mode.RESPECT, allowed);
  }

  public static Budgets prefer(Map<String, Integer> allowed) {
    return new Budgets(Mode.PREFER, allowed);
  }

  int allowedBy(String budget) {
    return allowed.getOrDefault(budget, 0);
  }

  /** Whether evicting this one alone goes beyond a budget. */
  boolean forbids(Candidate candidate) {
    return candidate.budgets().stream().anyMatch(budget -> allowedBy(budget) == 0);
  }
}
