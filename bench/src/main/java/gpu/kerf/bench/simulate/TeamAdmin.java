package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The administrator of Teams: creates them, changes their amounts, deletes one or all, and creates
 * them again. A tree is always valid: the children are never promised more than their parent.
 */
final class TeamAdmin {
  private static final String PARENT = "bank";
  private static final String SELECTING = "delta";

  private final VirtualTime timeline;
  private final ApiStore store;
  private final Story story;
  private final SplittableRandom random;
  private final List<String> names = new ArrayList<>();
  private final long totalMilli;
  private boolean calm;
  private boolean deletedAll;

  /**
   * @param gpus how many the cluster has
   */
  TeamAdmin(VirtualTime timeline, ApiStore store, Story story, SplittableRandom random, int gpus) {
    this.timeline = timeline;
    this.store = store;
    this.story = story;
    this.random = random;
    this.totalMilli = gpus * 1000L;
    names.addAll(List.of(PARENT, "alpha", "gamma"));
    if (random.nextInt(3) > 0) {
      names.add("beta");
    }
    if (random.nextInt(3) > 0) {
      names.add(SELECTING);
    }
  }

  void start() {
    for (String namespace : List.of("team-0", "team-1", "gang-0", "gang-1", "gang-2")) {
      ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "v1");
      ObjectNode metadata = json.put("kind", "Namespace").putObject("metadata");
      metadata.put("name", namespace);
      metadata.putObject("labels").put("tier", namespace.equals("gang-1") ? "batch" : "other");
      store.create(ObjectKind.NAMESPACE, json);
    }
    createAll();
    next();
  }

  private void next() {
    timeline.after(
        30 * VirtualTime.SECOND + random.nextLong(90 * VirtualTime.SECOND),
        null,
        () -> {
          if (!calm) {
            change();
          }
          next();
        });
  }

  /** Nothing changes for a while; there are all Teams, or none. */
  void calm(boolean on) {
    calm = on;
    deletedAll = on && random.nextInt(4) == 0;
    if (deletedAll) {
      deleteAll();
    } else {
      createAll();
    }
  }

  private void change() {
    List<Stored> there = List.copyOf(store.all(ObjectKind.TEAM));
    int what = random.nextInt(9);
    if (what == 0) {
      deletedAll = true;
      deleteAll();
    } else if (there.size() < names.size() && what < 5) {
      deletedAll = false;
      createAll();
    } else if (!there.isEmpty()) {
      Stored one = there.get(random.nextInt(there.size()));
      if (what == 1 && !one.name().equals(PARENT)) {
        story.tell("team " + one.name() + " is deleted");
        store.delete(one);
      } else {
        amend(one);
      }
    }
  }

  private void deleteAll() {
    story.tell("all teams are deleted");
    for (Stored each : List.copyOf(store.all(ObjectKind.TEAM))) {
      store.delete(each);
    }
  }

  private void createAll() {
    for (String name : names) {
      if (store.get(ObjectKind.TEAM, name) == null) {
        ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "kerf.gpu/v1alpha1");
        json.put("kind", "Team").putObject("metadata").put("name", name).put("generation", 1);
        json.set("spec", spec(name));
        story.tell("team " + name + " is created: " + json.get("spec"));
        store.create(ObjectKind.TEAM, json);
      }
    }
  }

  private void amend(Stored team) {
    ObjectNode spec = spec(team.name());
    story.tell("team " + team.name() + " changes: " + spec);
    store.update(
        team,
        json -> {
          if (!spec.equals(json.get("spec"))) {
            ObjectNode metadata = json.withObjectProperty("metadata");
            metadata.put("generation", metadata.path("generation").asLong() + 1);
            json.set("spec", spec);
          }
        });
  }

  private ObjectNode spec(String name) {
    ObjectNode spec = Stored.JSON.createObjectNode();
    spec.put("weight", 1 + random.nextInt(3));
    long guarantee =
        switch (name) {
          case PARENT -> totalMilli * 6 / 10;
          case SELECTING -> 0;
          default -> amount(totalMilli / 4);
        };
    switch (name) {
      case "alpha" -> namespace(spec.put("parent", PARENT), "team-0");
      case "beta" -> namespace(spec.put("parent", PARENT), "team-1");
      case "gamma" -> namespace(spec, "gang-0");
      case SELECTING ->
          spec.putObject("namespaces")
              .putObject("selector")
              .putObject("matchLabels")
              .put("tier", "batch");
      default -> {
        // The parent has no namespaces.
      }
    }
    amounts(spec, guarantee);
    if (name.equals("gamma")) {
      ObjectNode window = spec.putArray("windows").addObject().put("name", "often");
      window.put("schedule", "*/10 * * * *").put("timeZone", "UTC").put("duration", "5m");
      amounts(window, guarantee);
    }
    return spec;
  }

  private static void namespace(ObjectNode spec, String name) {
    spec.putObject("namespaces").putArray("names").add(name);
  }

  private void amounts(ObjectNode into, long guarantee) {
    if (guarantee > 0) {
      into.put("guarantee", text(guarantee));
    }
    if (random.nextInt(3) > 0) {
      into.put("limit", text(Math.max(guarantee, amount(totalMilli))));
    }
  }

  /** Whole GPUs, halves, or any thousandths. */
  private long amount(long most) {
    long drawn = 1 + random.nextLong(Math.max(1, most));
    return switch (random.nextInt(3)) {
      case 0 -> Math.min(Math.max(1000, drawn / 1000 * 1000), Math.max(1, most));
      case 1 -> Math.min(Math.max(500, drawn / 500 * 500), Math.max(1, most));
      default -> drawn;
    };
  }

  private static String text(long milli) {
    return BigDecimal.valueOf(milli, 3).stripTrailingZeros().toPlainString();
  }
}
