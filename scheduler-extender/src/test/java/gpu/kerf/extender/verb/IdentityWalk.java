package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What happens to a small fleet and its pods, in random order. */
final class IdentityWalk {

  /** What differs once goes on differing. */
  private static final int REBUILD_EVERY = 5;

  private static final List<String> WALLS = List.of("any", "mps", "mig");
  private static final List<String> AMOUNTS = List.of("4Gi", "9Gi", "18Gi", "35Gi", "60Gi");

  private final long seed;
  private final Random random;
  private final List<Rack> racks = new ArrayList<>();
  private World world = new World();
  private int pods;
  private int steps;

  /** What the walk has come by. */
  final Map<String, Integer> seen = new HashMap<>();

  IdentityWalk(long seed) {
    this.seed = seed;
    this.random = new Random(seed);
    for (String name : List.of("a", "b")) {
      Rack rack = new Rack(name, random);
      racks.add(rack);
      world.node(rack.spec());
    }
  }

  void step() {
    String what = move();
    count(what);
    String where = "seed %d, step %d: %s".formatted(seed, steps++, what);
    List<PodView> bound = List.copyOf(world.cluster.pods.values());
    for (Rack rack : racks) {
      new RecordOracle(rack, bound).check(world.scheduling, where);
    }
    if (steps % REBUILD_EVERY == 0) {
      compare(world, rebuilt(), where);
    }
    for (Conflict conflict : world.scheduling.ledger().conflicts()) {
      count("conflict " + conflict.kind());
      String pod = "ml/pod-" + conflict.entry().uid();
      assertThat(world.scheduling.problems().values())
          .as(where)
          .anySatisfy(problem -> assertThat(problem).contains(pod, conflict.text()));
    }
  }

  private String move() {
    int dice = random.nextInt(100);
    if (dice < 40) {
      return bind();
    }
    if (dice < 60) {
      return end();
    }
    if (dice < 65) {
      world = rebuilt();
      return "restarted";
    }
    return change();
  }

  private String bind() {
    Rack rack = rack();
    PodView pod = pod();
    boolean silent = random.nextInt(5) == 0;
    world.cluster.answer = silent ? BindResult.Kind.UNKNOWN : BindResult.Kind.BOUND;
    boolean done = world.place(pod, rack.name).error().isEmpty();
    boolean carriedOut = world.cluster.pods.containsKey(pod.ref().toString());
    if (carriedOut) {
      world.scheduling.podChanged(onApi(pod));
    } else {
      world.scheduling.proposals().drop(pod.uid());
    }
    return carriedOut ? silent ? "bound without an answer" : "bound" : done ? "odd" : "not bound";
  }

  private PodView onApi(PodView pod) {
    return Objects.requireNonNull(world.cluster.pods.get(pod.ref().toString()));
  }

  private PodView pod() {
    String uid = "p" + pods++;
    if (random.nextInt(4) == 0) {
      return World.askingWhole(uid, 1 + random.nextInt(2));
    }
    String amount = AMOUNTS.get(random.nextInt(AMOUNTS.size()));
    return World.pod(uid)
        .annotation("kerf.gpu/wall", WALLS.get(random.nextInt(WALLS.size())))
        .container("main", Map.of("kerf.gpu/memory", amount))
        .build();
  }

  private String end() {
    List<PodView> all = List.copyOf(world.cluster.pods.values());
    if (all.isEmpty()) {
      return "nothing";
    }
    PodView pod = all.get(random.nextInt(all.size()));
    world.cluster.pods.remove(pod.ref().toString());
    world.scheduling.podEnded(pod.uid());
    return "ended";
  }

  /** A pod that has passed filter goes with its GPU, or is asked for again. */
  private String change() {
    Rack rack = rack();
    PodView waits = pod();
    world.filter(waits, rack.name);
    Entry before = world.scheduling.ledger().entry(waits.uid());
    String what = rack.change();
    world.node(rack.spec());
    Entry after = world.scheduling.ledger().entry(waits.uid());
    if (before != null) {
      follow(before.grant(), after, rack);
    }
    world.scheduling.proposals().drop(waits.uid());
    return what;
  }

  private void follow(Grant before, @Nullable Entry after, Rack rack) {
    if (after == null) {
      count("proposal dropped");
      return;
    }
    Grant now = Grant.of(after.placement(), rack.spec());
    boolean named = before.composition().isEmpty() && now.composition().isEmpty();
    if (named) {
      assertThat(now.givesSame(before)).as("%s is %s", now, before).isTrue();
      count(now.equals(before) ? "proposal stayed" : "proposal moved");
    }
  }

  private Rack rack() {
    return racks.get(random.nextInt(racks.size()));
  }

  /** What a new process makes of the nodes and of the records on the pods. */
  private World rebuilt() {
    World fresh = new World();
    racks.forEach(rack -> fresh.node(rack.spec()));
    fresh.cluster.pods.putAll(world.cluster.pods);
    fresh.cluster.pods.values().forEach(fresh.scheduling::podChanged);
    return fresh;
  }

  private static void compare(World live, World rebuilt, String where) {
    assertThat(placements(live)).as(where).isEqualTo(placements(rebuilt));
    assertThat(conflicts(live)).as(where).isEqualTo(conflicts(rebuilt));
    for (String name : List.of("a", "b")) {
      NodeState node = Objects.requireNonNull(live.scheduling.fleet().node(name));
      NodeState other = Objects.requireNonNull(rebuilt.scheduling.fleet().node(name));
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        assertThat(node.gpu(gpu)).as("%s: GPU %d", where, gpu).isEqualTo(other.gpu(gpu));
      }
    }
  }

  private static Map<String, Placement> placements(World world) {
    Map<String, Placement> placements = new TreeMap<>();
    world
        .scheduling
        .ledger()
        .entries()
        .forEach(entry -> placements.put(entry.uid(), entry.placement()));
    return placements;
  }

  private static Map<String, String> conflicts(World world) {
    Map<String, String> conflicts = new TreeMap<>();
    world
        .scheduling
        .ledger()
        .conflicts()
        .forEach(one -> conflicts.put(one.entry().uid(), one.kind() + " " + one.text()));
    return conflicts;
  }

  private void count(String what) {
    seen.merge(what, 1, Integer::sum);
  }
}
