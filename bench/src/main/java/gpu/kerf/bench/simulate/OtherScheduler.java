package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Another scheduler on the pools of the DRA drivers, with users of its own. It gives what no claim
 * in the API server has, that of Kerf or another. But it decides a moment before it writes, so that
 * it races with Kerf.
 */
final class OtherScheduler {
  private static final String NAMESPACE = "others";
  private static final long DECISION = 50 * VirtualTime.MILLI;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final Story story;
  private final PodControl control;
  private final List<SimulatedNode> nodes;
  private final SplittableRandom random;
  private final boolean byForce;
  private final int most;
  private boolean paused;
  private int created;

  /** A device, and how much of its memory; 0 for all of it. */
  private record Choice(SimulatedNode node, DraDriver.Device device, long memoryMiB) {}

  /**
   * @param nodes those of DRA drivers
   * @param faults whether pods may be deleted by force
   */
  OtherScheduler(
      VirtualTime timeline,
      ApiStore store,
      Story story,
      PodControl control,
      List<SimulatedNode> nodes,
      SplittableRandom random,
      Set<Fault> faults) {
    this.timeline = timeline;
    this.store = store;
    this.story = story;
    this.control = control;
    this.nodes = nodes;
    this.random = random;
    this.byForce = faults.contains(Fault.FORCED_DELETES);
    this.most = 1 + nodes.size() + random.nextInt(3);
  }

  /** Whether it has a pod. */
  static boolean has(PodObject pod) {
    return pod.namespace().equals(NAMESPACE);
  }

  void start() {
    timeline.after(
        random.nextLong(8 * VirtualTime.SECOND),
        null,
        () -> {
          if (!paused) {
            step();
          }
          start();
        });
  }

  /** It decides nothing for a while. */
  void calm(boolean on) {
    paused = on;
  }

  private void step() {
    List<PodObject> pods = new ArrayList<>();
    for (Stored each : store.all(ObjectKind.POD)) {
      if (has(each.pod())) {
        pods.add(each.pod());
      }
    }
    if (pods.size() < most && random.nextInt(3) > 0) {
      Choice choice = choice(nodes.get(random.nextInt(nodes.size())), null);
      if (choice != null) {
        timeline.after(random.nextLong(DECISION), null, () -> give(choice));
      }
    } else if (!pods.isEmpty()) {
      PodObject pod = pods.get(random.nextInt(pods.size()));
      boolean forced = byForce && random.nextInt(3) == 0;
      control.delete(pod, forced ? 0 : pod.graceSeconds(), "by a user of the other scheduler");
    }
  }

  /** It takes, now, a part of a card of which Kerf is about to take a part; if one is free. */
  void race(SimulatedNode node, SimulatedContainer.Touch touch) {
    Choice choice = choice(node, touch);
    if (choice != null) {
      give(choice);
    }
  }

  private @Nullable Choice choice(SimulatedNode node, SimulatedContainer.@Nullable Touch beside) {
    DraDriver driver = node.driver();
    List<Choice> free = new ArrayList<>();
    for (Gpu gpu : node.gpus()) {
      if (driver != null && (beside == null || beside.gpu() == gpu)) {
        for (DraDriver.Device each : driver.devices(gpu)) {
          boolean shares = gpu.offer() == Gpu.Offer.SHARES;
          long memory = shares ? 1024 * (4 + random.nextLong(9)) : 0;
          var touch = new SimulatedContainer.Touch(gpu, each.instance(), memory);
          boolean wanted = beside == null || shares || touch.collides(beside);
          if (wanted && isFree(driver, touch)) {
            free.add(new Choice(node, each, memory));
          }
        }
      }
    }
    return free.isEmpty() ? null : free.get(random.nextInt(free.size()));
  }

  /** Whether no claim in the API server has a part of it. */
  private boolean isFree(DraDriver driver, SimulatedContainer.Touch touch) {
    long shares = touch.shareMiB();
    for (Stored each : store.all(ObjectKind.CLAIM)) {
      ClaimObject claim = ClaimObject.of(each);
      if (claim.isInPool(driver.pool())) {
        List<SimulatedContainer.Touch> others = driver.touches(claim);
        if (others == null || others.stream().anyMatch(other -> other.overlaps(touch))) {
          return false;
        }
        shares +=
            others.stream()
                .filter(other -> other.gpu() == touch.gpu())
                .mapToLong(SimulatedContainer.Touch::shareMiB)
                .sum();
      }
    }
    return shares <= touch.gpu().model().memoryMiB;
  }

  private void give(Choice choice) {
    String name = "other-" + ++created;
    Stored pod = store.create(ObjectKind.POD, pod(name));
    if (pod == null) {
      return;
    }
    ObjectNode json = Stored.JSON.createObjectNode();
    json.put("apiVersion", "resource.k8s.io/v1").put("kind", "ResourceClaim");
    ObjectNode metadata = json.putObject("metadata").put("name", name).put("namespace", NAMESPACE);
    metadata.putArray("finalizers").add(ClaimObject.FINALIZER);
    ObjectNode owner = metadata.putArray("ownerReferences").addObject().put("kind", "Pod");
    owner.put("name", name).put("uid", pod.uid());
    ObjectNode request =
        json.putObject("spec").putObject("devices").putArray("requests").addObject();
    request.put("name", "gpu").putObject("exactly").put("deviceClassName", "gpu.nvidia.com");
    ObjectNode status = json.putObject("status");
    ObjectNode result =
        status.putObject("allocation").putObject("devices").putArray("results").addObject();
    result.put("request", "gpu").put("driver", "gpu.nvidia.com");
    result.put("pool", choice.node().name()).put("device", choice.device().name());
    if (choice.memoryMiB() > 0) {
      result.put("shareID", name);
      result.putObject("consumedCapacity").put("memory", choice.memoryMiB() + "Mi");
    }
    ObjectNode reserved = status.putArray("reservedFor").addObject().put("resource", "pods");
    reserved.put("name", name).put("uid", pod.uid());
    story.tell(
        "another scheduler gives "
            + choice.device().name()
            + " of "
            + choice.node().name()
            + " to "
            + pod.key());
    store.create(ObjectKind.CLAIM, json);
    timeline.after(random.nextLong(10 * VirtualTime.MILLI), null, () -> bind(pod, choice));
  }

  private void bind(Stored pod, Choice choice) {
    PodObject now = control.current(pod.pod());
    if (now != null) {
      control.bind(now, choice.node().name(), Stored.JSON.createObjectNode(), "default-scheduler");
    }
  }

  private ObjectNode pod(String name) {
    ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = json.putObject("metadata").put("name", name).put("namespace", NAMESPACE);
    if (random.nextBoolean()) {
      metadata.putObject("annotations").put("simulated/seconds", "" + (5 + random.nextInt(120)));
    }
    ObjectNode spec = json.putObject("spec").put("schedulerName", "default-scheduler");
    spec.put("terminationGracePeriodSeconds", 2 + random.nextInt(28));
    spec.putArray("resourceClaims").addObject().put("name", "gpu").put("resourceClaimName", name);
    ObjectNode container = spec.putArray("containers").addObject().put("name", "main");
    container.putObject("resources").putArray("claims").addObject().put("name", "gpu");
    json.putObject("status").put("phase", "Pending");
    return json;
  }
}
