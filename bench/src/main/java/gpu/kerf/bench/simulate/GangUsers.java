package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The users of gangs: they create gangs of two to twelve pods, some of them elastic, some with a
 * pod that fits nowhere or comes late or never; and they delete gangs, or one pod of one.
 */
final class GangUsers {
  private static final int MOST_WAITING = 10;
  private static final int MOST_PODS = 36;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final PodControl control;
  private final ReplicaSets owners;
  private final SplittableRandom random;
  private final long pace;
  private boolean calm;
  private int created;

  GangUsers(
      VirtualTime timeline,
      ApiStore store,
      PodControl control,
      ReplicaSets owners,
      SplittableRandom random) {
    this.timeline = timeline;
    this.store = store;
    this.control = control;
    this.owners = owners;
    this.random = random;
    this.pace = 3 * VirtualTime.SECOND + random.nextLong(8 * VirtualTime.SECOND);
  }

  void start() {
    timeline.after(
        random.nextLong(2 * pace),
        null,
        () -> {
          if (!calm) {
            step();
          }
          start();
        });
  }

  /** No new gangs. */
  void calm(boolean on) {
    calm = on;
  }

  /** Some pods of others must not be evicted. */
  void mark(ObjectNode pod) {
    ObjectNode metadata = pod.withObjectProperty("metadata");
    boolean ofGang = metadata.path("labels").has("kerf.gpu/gang");
    if (!ofGang && random.nextInt(12) == 0) {
      metadata.withObjectProperty("annotations").put("kerf.gpu/evictable", "false");
    }
  }

  private List<PodObject> pods() {
    List<PodObject> pods = new ArrayList<>();
    for (Stored each : store.all(ObjectKind.POD)) {
      if (!each.pod().gang().isEmpty()) {
        pods.add(each.pod());
      }
    }
    return pods;
  }

  private void step() {
    List<PodObject> pods = pods();
    long waiting = pods.stream().filter(each -> !each.isBound()).count();
    if (waiting < MOST_WAITING && pods.size() < MOST_PODS && random.nextInt(3) > 0) {
      create();
    } else if (!pods.isEmpty()) {
      delete(pods, pods.get(random.nextInt(pods.size())));
    }
  }

  /** One pod, or the gang that it is in. */
  private void delete(List<PodObject> pods, PodObject one) {
    boolean whole = random.nextInt(3) > 0;
    for (PodObject each : pods) {
      if (each.equals(one) || (whole && each.gang().equals(one.gang()))) {
        owners.scaleDown(each);
        control.delete(each, each.graceSeconds(), "by its user");
      }
    }
  }

  private void create() {
    int size = 2 + random.nextInt(random.nextInt(3) == 0 ? 11 : 4);
    boolean whole = random.nextInt(4) == 0;
    size = whole ? Math.min(size, 3) : size;
    ObjectNode template = template(size, whole);
    boolean owned = random.nextBoolean();
    int without = random.nextInt(8) == 0 ? 1 : 0;
    int late = random.nextInt(4) == 0 ? 1 : 0;
    int nowhere = random.nextInt(6) == 0 ? random.nextInt(size) : -1;
    String gang = "g" + ++created;
    template.withObjectProperty("metadata").withObjectProperty("labels").put("kerf.gpu/gang", gang);
    for (int i = 0; i < size - without; i++) {
      ObjectNode pod = template.deepCopy();
      pod.withObjectProperty("metadata").put("name", gang + "-" + i);
      if (i == nowhere) {
        pod.withObjectProperty("spec").putObject("nodeSelector").put("simulated/nowhere", "true");
      }
      long pause = i < late ? random.nextLong(20 * VirtualTime.SECOND) : i * VirtualTime.MILLI;
      timeline.after(pause, null, () -> create(pod, owned));
    }
  }

  private void create(ObjectNode pod, boolean owned) {
    if (owned) {
      owners.create(pod);
    } else {
      store.create(ObjectKind.POD, pod);
    }
  }

  private ObjectNode template(int size, boolean whole) {
    ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = json.putObject("metadata");
    metadata.put("namespace", "gang-" + random.nextInt(3));
    ObjectNode labels = metadata.putObject("labels").put("app", "app-2");
    labels.put("kerf.gpu/gang-size", "" + size);
    if (random.nextInt(3) == 0) {
      labels.put("kerf.gpu/gang-minimum", "" + (1 + random.nextInt(size)));
    }
    ObjectNode annotations = metadata.putObject("annotations");
    if (random.nextInt(10) == 0) {
      annotations.put("kerf.gpu/evictable", "false");
    }
    if (random.nextInt(3) > 0) {
      annotations.put("simulated/seconds", "" + (10 + random.nextInt(180)));
    }
    ObjectNode spec = json.putObject("spec").put("schedulerName", Replica.SCHEDULER);
    spec.put("priority", random.nextInt(3) * 10);
    spec.put("terminationGracePeriodSeconds", 2 + random.nextInt(28));
    ObjectNode main = spec.putArray("containers").addObject().put("name", "main");
    ObjectNode limits = main.putObject("resources").putObject("limits");
    if (whole) {
      limits.put("kerf.gpu/whole", "1");
    } else {
      limits.put("kerf.gpu/memory", (1 + random.nextInt(5)) + "Gi");
      annotations.put("kerf.gpu/wall", "mps");
    }
    json.putObject("status").put("phase", "Pending");
    return json;
  }
}
