package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** The users: they create pods, and delete some of them. */
final class Workload {
  private static final int MOST_PENDING = 12;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final PodControl control;
  private final SplittableRandom random;
  private final SplittableRandom nasty;
  private final SplittableRandom ways;
  private final ReplicaSets owners;
  private final Set<Fault> faults;
  private final Map<String, Long> since = new HashMap<>();
  private final int mostPods;
  private final long pace;

  /** Of so many steps one deletes a pod. */
  private final int crowd;

  private int created;
  private boolean paused;

  Workload(
      VirtualTime timeline,
      ApiStore store,
      PodControl control,
      ReplicaSets owners,
      SplittableRandom random,
      Set<Fault> faults,
      int mostPods) {
    this.timeline = timeline;
    this.store = store;
    this.control = control;
    this.random = random;
    this.nasty = random.split();
    this.ways = random.split();
    this.owners = owners;
    this.faults = faults;
    this.mostPods = mostPods;
    this.crowd = 3 + ways.nextInt(4);
    this.pace = 300 * VirtualTime.MILLI + random.nextLong(2 * VirtualTime.SECOND);
  }

  void start() {
    next();
    sweep();
  }

  /** No new pods, and no hostile ones. */
  void calm(boolean on) {
    paused = on;
  }

  private void next() {
    timeline.after(
        random.nextLong(2 * pace),
        null,
        () -> {
          if (!paused) {
            step();
          }
          next();
        });
  }

  private void step() {
    List<PodObject> pods = pods();
    long pending = pods.stream().filter(each -> !each.isBound()).count();
    if (pending < MOST_PENDING && pods.size() < mostPods && random.nextInt(crowd) > 0) {
      create();
    } else if (!pods.isEmpty()) {
      delete(pods.get(random.nextInt(pods.size())));
    }
  }

  private List<PodObject> pods() {
    List<PodObject> pods = new ArrayList<>();
    store.all(ObjectKind.POD).forEach(each -> pods.add(each.pod()));
    return pods;
  }

  private void delete(PodObject pod) {
    owners.scaleDown(pod);
    if (faults.contains(Fault.FORCED_DELETES) && nasty.nextInt(3) == 0) {
      control.delete(pod, 0, "by force");
    } else {
      control.delete(pod, pod.graceSeconds(), "by its user");
    }
  }

  /** Users give up pods whose containers do not start; what is over is collected. */
  private void sweep() {
    timeline.after(
        10 * VirtualTime.SECOND,
        null,
        () -> {
          for (PodObject pod : pods()) {
            long first = since.computeIfAbsent(pod.uid(), uid -> timeline.now());
            boolean waits =
                pod.isBound()
                    && pod.stored()
                        .json()
                        .path("status")
                        .path("phase")
                        .asText("")
                        .equals("Pending");
            if (pod.isOver()) {
              control.delete(pod, 0, "it is over");
            } else if (waits && timeline.now() - first > 300 * VirtualTime.SECOND) {
              owners.scaleDown(pod);
              control.delete(pod, pod.graceSeconds(), "its containers do not start");
            }
          }
          sweep();
        });
  }

  private void create() {
    ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = json.putObject("metadata");
    metadata.put("name", "p" + ++created).put("namespace", "team-" + random.nextInt(2));
    metadata.putObject("labels").put("app", "app-" + ways.nextInt(DisruptionBudgets.APPS));
    ObjectNode annotations = metadata.putObject("annotations");
    ObjectNode spec = json.putObject("spec").put("schedulerName", Replica.SCHEDULER);
    spec.put("priority", random.nextInt(4) == 0 ? 100 : random.nextInt(2) * 10);
    spec.put("terminationGracePeriodSeconds", 2 + random.nextInt(28));
    if (random.nextInt(2) == 0) {
      annotations.put("simulated/seconds", "" + (5 + random.nextInt(180)));
    }
    ArrayNode containers = spec.putArray("containers");
    demand(containers, annotations);
    if (faults.contains(Fault.HOSTILE_PODS) && nasty.nextInt(6) == 0) {
      makeHostile(spec, annotations);
    }
    if (ways.nextInt(10) == 0) {
      spec.put("preemptionPolicy", "Never");
    }
    json.putObject("status").put("phase", "Pending");
    if (ways.nextInt(3) == 0) {
      owners.create(json);
    } else {
      store.create(ObjectKind.POD, json);
    }
  }

  private void demand(ArrayNode containers, ObjectNode annotations) {
    int kind = random.nextInt(12);
    if (kind < 2) {
      limit(containers, "main", "kerf.gpu/whole", "" + (1 + random.nextInt(2)));
    } else if (kind < 4) {
      limit(containers, "main", "kerf.gpu/memory", (2 + random.nextInt(8)) + "Gi");
      limit(containers, "side", "kerf.gpu/memory", (2 + random.nextInt(4)) + "Gi");
    } else {
      limit(containers, "main", "kerf.gpu/memory", (2 + random.nextInt(30)) + "Gi");
      switch (kind) {
        case 4, 5 -> annotations.put("kerf.gpu/wall", "mig");
        case 6, 7 -> annotations.put("kerf.gpu/wall", "mps");
        case 8 -> annotations.put("kerf.gpu/wall", "mps").put("kerf.gpu/sm-percent", "25");
        default -> {
          // The wall that strands least.
        }
      }
    }
  }

  private static void limit(ArrayNode containers, String name, String resource, String amount) {
    containers
        .addObject()
        .put("name", name)
        .putObject("resources")
        .putObject("limits")
        .put(resource, amount);
  }

  private void makeHostile(ObjectNode spec, ObjectNode annotations) {
    annotations.put("simulated/hostile", "true");
    switch (nasty.nextInt(4)) {
      case 0 -> annotations.put("kerf.gpu/wall", "paper");
      case 1 -> annotations.put("kerf.gpu/sm-percent", "-7");
      case 2 ->
          limit((ArrayNode) spec.get("containers"), "evil", "kerf.gpu/memory", "999999999999Gi");
      default -> spec.put("nodeName", "node-" + nasty.nextInt(3));
    }
  }
}
