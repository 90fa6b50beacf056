package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The PodDisruptionBudgets, at most one for an app: the controller that works out how many
 * evictions they allow, and the check of the Eviction API.
 */
final class DisruptionBudgets {
  /** How many apps there are in a namespace; the last one never has a budget. */
  static final int APPS = 3;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final Story story;
  private final SplittableRandom random;
  private boolean syncComes;

  DisruptionBudgets(VirtualTime timeline, ApiStore store, Story story, SplittableRandom random) {
    this.timeline = timeline;
    this.store = store;
    this.story = story;
    this.random = random;
    store.listen(
        change -> {
          if (change.kind() == ObjectKind.POD
              && !syncComes
              && !store.all(ObjectKind.BUDGET).isEmpty()) {
            syncSoon();
          }
        });
  }

  /** An administrator creates a budget, changes one or deletes one. */
  void change() {
    String namespace = "team-" + random.nextInt(2);
    String app = "app-" + random.nextInt(APPS - 1);
    int minimum = random.nextInt(5);
    Stored known = store.get(ObjectKind.BUDGET, Stored.key(namespace, app));
    if (known == null) {
      create(namespace, app, minimum);
    } else if (random.nextInt(3) == 0) {
      story.tell("budget " + known.key() + " is deleted");
      store.delete(known);
    } else {
      story.tell("budget " + known.key() + " keeps " + minimum);
      store.update(known, json -> json.withObjectProperty("spec").put("minAvailable", minimum));
    }
    syncSoon();
  }

  private void create(String namespace, String app, int minimum) {
    story.tell("budget " + namespace + "/" + app + " keeps " + minimum);
    ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "policy/v1");
    json.put("kind", "PodDisruptionBudget");
    json.putObject("metadata").put("name", app).put("namespace", namespace);
    ObjectNode spec = json.putObject("spec").put("minAvailable", minimum);
    spec.putObject("selector").putObject("matchLabels").put("app", app);
    json.putObject("status").put("disruptionsAllowed", 0);
    store.create(ObjectKind.BUDGET, json);
  }

  /** Nothing changes for a while: the budgets stay as they are, or all of them are deleted. */
  void calm() {
    if (random.nextBoolean()) {
      List.copyOf(store.all(ObjectKind.BUDGET)).forEach(store::delete);
    }
  }

  /** Whether a budget covers a pod; it may allow evictions. */
  boolean hasBudget(PodObject pod) {
    return of(pod) != null;
  }

  boolean areNone() {
    return store.all(ObjectKind.BUDGET).isEmpty();
  }

  private void syncSoon() {
    syncComes = true;
    timeline.after(
        20 * VirtualTime.MILLI + random.nextLong(500 * VirtualTime.MILLI),
        null,
        () -> {
          syncComes = false;
          List.copyOf(store.all(ObjectKind.BUDGET)).forEach(this::sync);
        });
  }

  private void sync(Stored budget) {
    int healthy = 0;
    for (Stored each : store.all(ObjectKind.POD)) {
      PodObject pod = each.pod();
      healthy += covers(budget, pod) && isHealthy(pod) ? 1 : 0;
    }
    allow(budget, healthy - budget.json().path("spec").path("minAvailable").asInt());
  }

  private static boolean isHealthy(PodObject pod) {
    return pod.isRunning() && !pod.isTerminating();
  }

  private void allow(Stored budget, int disruptions) {
    int allowed = Math.max(0, disruptions);
    store.update(
        budget, json -> json.withObjectProperty("status").put("disruptionsAllowed", allowed));
  }

  private static boolean covers(Stored budget, PodObject pod) {
    return budget.key().equals(Stored.key(pod.namespace(), pod.label("app")));
  }

  private @Nullable Stored of(PodObject pod) {
    return store.get(ObjectKind.BUDGET, Stored.key(pod.namespace(), pod.label("app")));
  }

  private static int allowed(Stored budget) {
    return budget.json().path("status").path("disruptionsAllowed").asInt();
  }

  /** Whether a pod may be evicted now; that takes one of the evictions that are allowed. */
  boolean take(PodObject pod) {
    Stored budget = of(pod);
    if (budget == null || !isHealthy(pod)) {
      return true;
    }
    int allowed = allowed(budget);
    if (allowed > 0) {
      allow(budget, allowed - 1);
    }
    return allowed > 0;
  }

  /** Those of some pods, in their order, that go beyond what budgets allow. */
  List<PodObject> violating(List<PodObject> pods) {
    List<PodObject> violating = new ArrayList<>();
    for (int i = 0; i < pods.size(); i++) {
      PodObject pod = pods.get(i);
      Stored budget = of(pod);
      if (budget != null) {
        long before =
            pods.subList(0, i).stream().filter(earlier -> covers(budget, earlier)).count();
        if (before >= allowed(budget)) {
          violating.add(pod);
        }
      }
    }
    return violating;
  }
}
