package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * The controller-manager, as far as it cares for claims: it deletes those whose pods are gone or
 * over, strikes such pods off, takes devices back that no pod is reserved for, and then the
 * finalizer. It is throttled, so it may take a while.
 */
final class ClaimController {
  private final VirtualTime timeline;
  private final ApiStore store;
  private final ClaimApi api;
  private final SplittableRandom random;

  ClaimController(VirtualTime timeline, ApiStore store, ClaimApi api, SplittableRandom random) {
    this.timeline = timeline;
    this.store = store;
    this.api = api;
    this.random = random;
  }

  void start() {
    store.listen(this::heard);
  }

  private void heard(ApiStore.Change change) {
    if (change.kind() == ObjectKind.CLAIM && change.after() != null) {
      soon(change.any().key());
    } else if (change.kind() == ObjectKind.POD) {
      PodObject pod = change.any().pod();
      if (change.after() == null || pod.isOver() || pod.isTerminating()) {
        claimsOf(pod).forEach(this::soon);
      }
    }
  }

  private List<String> claimsOf(PodObject pod) {
    List<String> keys = new ArrayList<>();
    for (Stored each : store.all(ObjectKind.CLAIM)) {
      ClaimObject claim = ClaimObject.of(each);
      if (claim.owner().equals(pod.uid()) || claim.reservedFor().contains(pod.uid())) {
        keys.add(each.key());
      }
    }
    return keys;
  }

  private void soon(String key) {
    long most = random.nextInt(5) == 0 ? 20 * VirtualTime.SECOND : 500 * VirtualTime.MILLI;
    timeline.after(20 * VirtualTime.MILLI + random.nextLong(most), null, () -> sync(key));
  }

  private void sync(String key) {
    Stored stored = store.get(ObjectKind.CLAIM, key);
    if (stored == null) {
      return;
    }
    ClaimObject claim = ClaimObject.of(stored);
    if (!claim.isDeleting() && !claim.owner().isEmpty() && isDone(claim.owner())) {
      api.delete(stored);
      return;
    }
    Set<String> users = new HashSet<>(claim.reservedFor());
    users.removeIf(this::isDone);
    boolean fewer = users.size() < claim.reservedFor().size();
    boolean unused = users.isEmpty() && (fewer || claim.isDeleting());
    if (fewer || (unused && hasFinalizer(stored))) {
      Stored now = store.update(stored, json -> write(json, users, unused));
      if (unused && claim.isDeleting()) {
        store.delete(now);
      }
    }
  }

  private static boolean hasFinalizer(Stored claim) {
    return !claim.json().at("/metadata/finalizers").isEmpty();
  }

  private static void write(ObjectNode json, Set<String> users, boolean unused) {
    ObjectNode status = json.withObjectProperty("status");
    ArrayNode stay = Stored.JSON.createArrayNode();
    status
        .path("reservedFor")
        .forEach(each -> addIf(stay, each, users.contains(each.path("uid").asText(""))));
    status.remove("reservedFor");
    if (!stay.isEmpty()) {
      status.set("reservedFor", stay);
    }
    if (unused) {
      status.remove("allocation");
      json.withObjectProperty("metadata").remove("finalizers");
    }
  }

  private static void addIf(
      ArrayNode into, com.fasterxml.jackson.databind.JsonNode each, boolean stays) {
    if (stays) {
      into.add(each);
    }
  }

  /** Whether a pod needs its claims no more. */
  private boolean isDone(String uid) {
    for (Stored each : store.all(ObjectKind.POD)) {
      if (Objects.equals(each.uid(), uid)) {
        PodObject pod = each.pod();
        return pod.isOver() || (pod.isTerminating() && !pod.isBound());
      }
    }
    return true;
  }
}
