package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks what Kerf does with ResourceClaims: at every Binding, at everything that takes devices
 * from a claim, and in the calm. It reads the objects of the API server, and knows what each
 * replica has heard.
 */
final class ClaimOracle {
  /** What has arrived is taken in within so long. */
  private static final long TAKEN_IN = VirtualTime.MILLI;

  private static final long NEVER = Long.MAX_VALUE;

  private final VirtualTime timeline;
  private final ApiStore store;
  private final ClaimHearing hearing;
  private final Map<String, SimulatedNode> nodes = new LinkedHashMap<>();
  private final Map<String, Named> named = new HashMap<>();

  /** At which revision a claim got its devices, by its uid. */
  private final Map<String, Long> allocated = new HashMap<>();

  /** Who wrote last that a pod names its claim, and when. */
  private record Named(String client, long at) {}

  ClaimOracle(
      VirtualTime timeline, ApiStore store, ClaimHearing hearing, List<SimulatedNode> nodes) {
    this.timeline = timeline;
    this.store = store;
    this.hearing = hearing;
    nodes.forEach(each -> this.nodes.put(each.name(), each));
    store.listen(this::heard);
  }

  private void heard(ApiStore.Change change) {
    if (change.kind() == ObjectKind.CLAIM) {
      Stored after = change.after();
      if (after == null || !ClaimObject.of(after).isAllocated()) {
        allocated.remove(change.any().uid());
      } else {
        allocated.putIfAbsent(after.uid(), change.revision());
      }
    } else if (change.kind() == ObjectKind.POD && change.after() == null) {
      named.remove(change.any().uid());
    }
  }

  /** A pod that is bound keeps its devices until its end. */
  void takes(String client, ClaimObject claim) {
    Stored pod = pod(claim.owner());
    if (claim.isOfKerf() && pod != null && pod.pod().isBound() && !pod.pod().isOver()) {
      throw new Violation(
          "took the devices of a bound pod: " + client + " gives up " + claim + " of " + pod.key());
    }
  }

  void names(String client, PodObject pod) {
    named.put(pod.uid(), new Named(client, timeline.now()));
  }

  private @Nullable Stored pod(String uid) {
    for (Stored each : store.all(ObjectKind.POD)) {
      if (each.uid().equals(uid)) {
        return each;
      }
    }
    return null;
  }

  /** A Binding is about to be carried out. */
  void binds(String client, PodObject pod, String node, JsonNode annotations) {
    SimulatedNode on = nodes.get(node);
    DraDriver driver = on == null ? null : on.driver();
    List<String> devices = devices(annotations.path("kerf.gpu/placement").asText(""));
    if (driver == null || devices.isEmpty()) {
      return;
    }
    String name = pod.namedClaim();
    Stored stored =
        name.isEmpty() ? null : store.get(ObjectKind.CLAIM, Stored.key(pod.namespace(), name));
    ClaimObject claim = stored == null ? null : ClaimObject.of(stored);
    if (claim == null || !claim.reservedFor().contains(pod.uid())) {
      String how = name.isEmpty() ? "it names no claim" : "its claim is not there, or not its own";
      throw new Violation("bound without its devices: " + pod + " by " + client + ", " + how);
    }
    List<String> has = claim.results().stream().map(ClaimObject.Result::device).sorted().toList();
    if (!has.equals(devices)) {
      throw new Violation(
          "bound to other devices than those claimed: "
              + pod
              + " by "
              + client
              + ": "
              + devices
              + ", "
              + claim);
    }
    refuseTwins(client, pod, touches(driver, claim));
    for (ClaimObject other : known(client, pod, driver)) {
      if (overlap(driver, claim, other)) {
        throw new Violation(
            "given twice: " + client + " binds " + pod + " by " + claim + ", and knows " + other);
      }
    }
    refuseOverdraft(client, pod, driver, claim);
  }

  /** No two containers of a pod get the same device. */
  private static void refuseTwins(
      String client, PodObject pod, List<SimulatedContainer.Touch> touches) {
    for (int i = 0; i < touches.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (touches.get(i).overlaps(touches.get(j))) {
          throw new Violation(
              "given twice: " + client + " binds " + pod + " to " + touches.get(i) + " two times");
        }
      }
    }
  }

  /** The claims of others of which a replica has known when it looked for them last. */
  private List<ClaimObject> known(String client, PodObject pod, DraDriver driver) {
    List<ClaimObject> known = new ArrayList<>();
    Named last = named.get(pod.uid());
    for (Stored each : store.all(ObjectKind.CLAIM)) {
      ClaimObject other = ClaimObject.of(each);
      if (!other.isOfKerf() && other.isInPool(driver.pool())) {
        long heard = hearing.since(client, allocated.getOrDefault(other.uid(), NEVER));
        boolean inTime = last != null && last.client.equals(client) && heard < last.at - TAKEN_IN;
        if (inTime) {
          known.add(other);
        }
      }
    }
    return known;
  }

  /** The shares of a card must fit beside those of others of which the replica has known. */
  private void refuseOverdraft(String client, PodObject pod, DraDriver driver, ClaimObject claim) {
    List<ClaimObject> there = new ArrayList<>(known(client, pod, driver));
    for (Stored each : store.all(ObjectKind.CLAIM)) {
      ClaimObject other = ClaimObject.of(each);
      Stored owner = pod(other.owner());
      boolean runs = owner != null && owner.pod().isBound() && !owner.pod().isOver();
      if (other.isOfKerf() && other.isInPool(driver.pool()) && runs) {
        there.add(other);
      }
    }
    for (SimulatedContainer.Touch each : touches(driver, claim)) {
      long sum = share(driver, claim, each.gpu());
      for (ClaimObject other : there) {
        sum += share(driver, other, each.gpu());
      }
      if (each.shareMiB() > 0 && sum > each.gpu().model().memoryMiB) {
        throw new Violation(
            "given more than there is: "
                + client
                + " binds "
                + pod
                + " by "
                + claim
                + ": "
                + there);
      }
    }
  }

  private static List<SimulatedContainer.Touch> touches(DraDriver driver, ClaimObject claim) {
    List<SimulatedContainer.Touch> touches = driver.touches(claim);
    return touches == null ? List.of() : touches;
  }

  private static long share(DraDriver driver, ClaimObject claim, Gpu gpu) {
    return touches(driver, claim).stream()
        .filter(each -> each.gpu() == gpu)
        .mapToLong(SimulatedContainer.Touch::shareMiB)
        .sum();
  }

  private static boolean overlap(DraDriver driver, ClaimObject claim, ClaimObject other) {
    List<SimulatedContainer.Touch> others = touches(driver, other);
    return touches(driver, claim).stream().anyMatch(one -> others.stream().anyMatch(one::overlaps));
  }

  /** The names of the devices in a record, sorted. */
  private static List<String> devices(String record) {
    List<String> devices = new ArrayList<>();
    try {
      for (JsonNode container : Stored.JSON.readTree(record).path("containers")) {
        container.path("slots").forEach(slot -> devices.add(slot.path("device").asText("")));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(record, e);
    }
    devices.sort(null);
    return devices;
  }

  /** A claim of Kerf's that no pod needs, in the calm; null if there is none. */
  @Nullable Violation problem() {
    for (Stored each : store.all(ObjectKind.CLAIM)) {
      ClaimObject claim = ClaimObject.of(each);
      Stored pod = pod(claim.owner());
      if (claim.isOfKerf() && (pod == null || !pod.pod().isBound())) {
        return new Violation(
            "left over: "
                + claim
                + (pod == null ? ", whose pod is gone" : ", whose pod is not bound"));
      }
    }
    return null;
  }

  /** Whether claims of a node say otherwise than the records of their pods, or overlap. */
  boolean isDisputed(SimulatedNode node) {
    DraDriver driver = node.driver();
    if (driver == null) {
      return false;
    }
    List<ClaimObject> there = new ArrayList<>();
    for (Stored each : store.all(ObjectKind.CLAIM)) {
      ClaimObject claim = ClaimObject.of(each);
      if (claim.isInPool(driver.pool())) {
        if (there.stream().anyMatch(other -> overlap(driver, claim, other))
            || !agrees(driver, claim)) {
          return true;
        }
        there.add(claim);
      }
    }
    return false;
  }

  private boolean agrees(DraDriver driver, ClaimObject claim) {
    List<SimulatedContainer.Touch> touches = driver.touches(claim);
    Stored pod = pod(claim.owner());
    String record = pod == null ? "" : pod.pod().annotation("kerf.gpu/placement");
    return touches != null
        && (record.isEmpty()
            || touches.stream().allMatch(each -> record.contains(each.gpu().uuid())));
  }
}
