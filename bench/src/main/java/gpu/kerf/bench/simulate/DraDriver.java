package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The DRA driver of a node: it names devices, prepares those of claims for the kubelet, and refuses
 * what overlaps with what it has prepared. It has the hardware in its hands, so nothing that it has
 * prepared is given twice; what it refuses was given twice before.
 */
final class DraDriver {
  private final SimulatedNode node;
  private final ApiStore store;
  private final BiConsumer<Prepared, Prepared> refused;
  private final Map<Gpu, Integer> minors = new LinkedHashMap<>();
  private final Map<String, Prepared> prepared = new LinkedHashMap<>();
  private boolean down;

  /**
   * A device that can be allocated.
   *
   * @param instance the MIG instance, or that which would be created; null if it is the whole card
   */
  record Device(String name, Gpu gpu, Gpu.@Nullable Instance instance) {}

  /** The devices of a claim in the hands of a pod. */
  record Prepared(ClaimObject claim, PodObject pod, List<SimulatedContainer.Touch> touches) {
    Prepared {
      touches = List.copyOf(touches);
    }

    private boolean collides(Prepared other) {
      return touches.stream()
          .anyMatch(one -> other.touches.stream().anyMatch(two -> one.overlaps(two)));
    }

    @Override
    public String toString() {
      return pod + " by " + claim;
    }
  }

  /**
   * @param refused is told of what it refused, and for what
   */
  DraDriver(SimulatedNode node, ApiStore store, BiConsumer<Prepared, Prepared> refused) {
    this.node = node;
    this.store = store;
    this.refused = refused;
  }

  /** Its pool has the name of the node. */
  String pool() {
    return node.name();
  }

  /** It does not answer the kubelet for a while. */
  void down(boolean on) {
    down = on;
  }

  boolean isDown() {
    return down;
  }

  /** The machine has started anew: cards are counted again, and nothing is prepared. */
  void boot() {
    prepared.clear();
    minors.clear();
    node.gpus().forEach(this::minor);
  }

  /** A card keeps its number until the machine starts anew. */
  int minor(Gpu gpu) {
    Integer known = minors.get(gpu);
    if (known != null) {
      return known;
    }
    int free = 0;
    while (minors.containsValue(free)) {
      free++;
    }
    minors.put(gpu, free);
    return free;
  }

  /** What it offers of a card. */
  List<Device> devices(Gpu gpu) {
    String name = "gpu-" + minor(gpu);
    List<Device> devices = new ArrayList<>();
    if (!gpu.isCut()) {
      devices.add(new Device(name, gpu, null));
    }
    for (Gpu.Instance each : gpu.instances()) {
      devices.add(new Device(instanceName(name, each.profile(), each.start()), gpu, each));
    }
    if (gpu.offer() == Gpu.Offer.MIG_ON_DEMAND) {
      for (Gpu.Place each : gpu.places()) {
        String device = instanceName(name, each.profile(), each.start());
        String uuid = "MIG-" + gpu.uuid() + "-" + each.profile() + "-" + each.start();
        devices.add(new Device(device, gpu, each.instance(uuid)));
      }
    }
    return devices;
  }

  private static String instanceName(String gpu, String profile, int start) {
    return gpu + "-mig-" + profile.replace(".", "").toLowerCase(Locale.ROOT) + "-" + start;
  }

  /** What a device of its pool is now; null if there is no such device. */
  SimulatedContainer.@Nullable Touch touch(String device, long memoryMiB) {
    for (Gpu gpu : node.gpus()) {
      for (Device each : devices(gpu)) {
        if (each.name().equals(device)) {
          long share = gpu.offer() == Gpu.Offer.SHARES ? memoryMiB : 0;
          return new SimulatedContainer.Touch(gpu, each.instance(), share);
        }
      }
    }
    return null;
  }

  /** What the devices of a claim are now; null if one is not there. */
  @Nullable List<SimulatedContainer.Touch> touches(ClaimObject claim) {
    List<SimulatedContainer.Touch> touches = new ArrayList<>();
    for (ClaimObject.Result each : claim.results()) {
      SimulatedContainer.Touch touch =
          each.pool().equals(pool()) ? touch(each.device(), each.memoryMiB()) : null;
      if (touch == null) {
        return null;
      }
      touches.add(touch);
    }
    return touches;
  }

  /** The claims that a pod may use; null if the kubelet would not start it with them. */
  private @Nullable List<ClaimObject> usable(PodObject pod) {
    List<ClaimObject> claims = new ArrayList<>();
    for (String name : pod.claims()) {
      Stored stored = store.get(ObjectKind.CLAIM, Stored.key(pod.namespace(), name));
      ClaimObject claim = stored == null ? null : ClaimObject.of(stored);
      if (claim == null || !claim.isAllocated() || !claim.reservedFor().contains(pod.uid())) {
        return null;
      }
      claims.add(claim);
    }
    return claims;
  }

  /** What a container gets if its pod starts now; null where it cannot start. */
  @Nullable List<SimulatedContainer.Touch> resolve(PodObject pod, String container) {
    List<ClaimObject> claims = usable(pod);
    if (claims == null) {
      return null;
    }
    List<SimulatedContainer.Touch> gets = new ArrayList<>();
    for (ClaimObject claim : claims) {
      List<SimulatedContainer.Touch> touches = touches(claim);
      if (touches == null) {
        return null;
      }
      for (int i = 0; i < touches.size(); i++) {
        if (pod.gets(container, claim.stored().name(), claim.results().get(i).request())) {
          gets.add(touches.get(i));
        }
      }
    }
    return gets;
  }

  /** Makes the devices of a pod ready; why it cannot, and empty if it can. */
  String prepare(PodObject pod) {
    List<ClaimObject> claims = usable(pod);
    if (claims == null) {
      return "a claim is missing, or is not the pod's";
    }
    for (ClaimObject claim : claims) {
      String why = prepare(pod, claim);
      if (!why.isEmpty()) {
        return why;
      }
    }
    return "";
  }

  private String prepare(PodObject pod, ClaimObject claim) {
    if (down) {
      return "the driver does not answer";
    }
    List<SimulatedContainer.Touch> touches = touches(claim);
    if (touches == null) {
      return "no such device";
    }
    Prepared wanted = new Prepared(claim, pod, touches);
    if (prepared.containsKey(claim.uid())) {
      return "";
    }
    for (Prepared other : prepared.values()) {
      if (wanted.collides(other)) {
        refused.accept(wanted, other);
        return "the driver has prepared " + other;
      }
      if (overdraws(wanted, other)) {
        refused.accept(wanted, anyOfOthers(wanted, other));
        return "the driver has prepared " + other;
      }
    }
    prepared.put(claim.uid(), wanted);
    return "";
  }

  /** Whether a card of both has less memory than all that have a part of it. */
  private boolean overdraws(Prepared wanted, Prepared other) {
    for (SimulatedContainer.Touch each : wanted.touches) {
      boolean both = other.touches.stream().anyMatch(touch -> touch.gpu() == each.gpu());
      long sum = share(wanted, each.gpu());
      for (Prepared one : prepared.values()) {
        sum += share(one, each.gpu());
      }
      if (both && sum > each.gpu().model().memoryMiB) {
        return true;
      }
    }
    return false;
  }

  /**
   * Who has the memory that is missing: a pod of the other scheduler, if one has a share of the
   * same card. What Kerf's pods have among themselves, {@link Oracle} counts.
   */
  private Prepared anyOfOthers(Prepared wanted, Prepared other) {
    return prepared.values().stream()
        .filter(one -> OtherScheduler.has(one.pod))
        .filter(one -> wanted.touches.stream().anyMatch(each -> share(one, each.gpu()) > 0))
        .findFirst()
        .orElse(other);
  }

  private static long share(Prepared one, Gpu gpu) {
    return one.touches.stream()
        .filter(touch -> touch.gpu() == gpu)
        .mapToLong(SimulatedContainer.Touch::shareMiB)
        .sum();
  }

  /** Takes the devices of a pod back; false while it does not answer. */
  boolean unprepare(PodObject pod) {
    if (down) {
      return false;
    }
    prepared.values().removeIf(each -> each.pod.uid().equals(pod.uid()));
    return true;
  }

  /** Whether a pod has a part of a card in its hands. */
  boolean hasPrepared(Gpu gpu) {
    return prepared.values().stream()
        .anyMatch(each -> each.touches.stream().anyMatch(touch -> touch.gpu() == gpu));
  }
}
