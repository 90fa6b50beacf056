package gpu.kerf.extender.preemption;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The current plans, at most one for each pod, in the order of their creation. */
final class Plans {

  /** Ten preemptors at once make no storm: so many may have victims at the same time. */
  static final int MOST = 8;

  private static final int MOST_SEARCHING = 64;

  private final Map<String, Plan> plans = new LinkedHashMap<>();
  private long ended;

  @Nullable Plan of(String uid) {
    return plans.get(uid);
  }

  boolean has(String uid) {
    return plans.containsKey(uid);
  }

  /** Whether a plan is still the one that its pod has. */
  boolean stands(Plan plan) {
    return plans.get(plan.uid()) == plan;
  }

  /** A plan comes into its next state, or a pod gets its first. */
  <P extends Plan> P put(P plan) {
    plans.put(plan.uid(), plan);
    return plan;
  }

  void end(Plan plan) {
    plans.remove(plan.uid());
    ended += plan instanceof Plan.Found ? 1 : 0;
  }

  List<Plan> all() {
    return List.copyOf(plans.values());
  }

  /** How many have victims. */
  int found() {
    return (int) plans.values().stream().filter(Plan.Found.class::isInstance).count();
  }

  boolean mayBegin() {
    return found() < MOST;
  }

  boolean maySearch() {
    return plans.size() - found() < MOST_SEARCHING;
  }

  /** Differs when a plan has ended since: another may begin. */
  long ended() {
    return ended;
  }

  /** Plans for pods of lower priority whose victims may still be on their way, the lowest first. */
  List<Plan.Found> lowerThan(int priority) {
    List<Plan.Found> lower = new ArrayList<>();
    for (Plan plan : plans.values()) {
      if (plan instanceof Plan.Found found
          && !(found instanceof Plan.Ready)
          && found.priority() < priority) {
        lower.add(found);
      }
    }
    lower.sort(Comparator.comparing(Plan::priority));
    return lower;
  }
}
