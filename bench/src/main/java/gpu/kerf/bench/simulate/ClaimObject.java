package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** One version of a ResourceClaim, as the simulated kubelets and controllers read it. */
final class ClaimObject {
  /** How Kerf names the claim that it writes for a pod. */
  static final String OF_KERF = "kerf-";

  static final String FINALIZER = "resource.kubernetes.io/delete-protection";

  private final Stored stored;
  private final List<Result> results = new ArrayList<>();
  private final Set<String> reservedFor = new HashSet<>();
  private final String owner;

  /**
   * A device that is allocated.
   *
   * @param memoryMiB what is consumed of a device that claims share; 0 where it is all of it
   */
  record Result(String request, String pool, String device, long memoryMiB) {}

  private ClaimObject(Stored stored) {
    this.stored = stored;
    JsonNode json = stored.json();
    for (JsonNode each : json.at("/status/allocation/devices/results")) {
      results.add(
          new Result(
              each.path("request").asText(""),
              each.path("pool").asText(""),
              each.path("device").asText(""),
              Amounts.mebibytes(each.at("/consumedCapacity/memory").asText(""))));
    }
    json.at("/status/reservedFor").forEach(each -> reservedFor.add(each.path("uid").asText("")));
    this.owner = json.at("/metadata/ownerReferences/0/uid").asText("");
  }

  static ClaimObject of(Stored stored) {
    return new ClaimObject(stored);
  }

  Stored stored() {
    return stored;
  }

  String uid() {
    return stored.uid();
  }

  List<Result> results() {
    return results;
  }

  boolean isAllocated() {
    return !results.isEmpty();
  }

  Set<String> reservedFor() {
    return reservedFor;
  }

  /** The uid of the pod with which it goes; empty if it goes with none. */
  String owner() {
    return owner;
  }

  boolean isOfKerf() {
    return stored.name().startsWith(OF_KERF);
  }

  boolean isDeleting() {
    return stored.json().at("/metadata").has("deletionTimestamp");
  }

  boolean isInPool(String pool) {
    return results.stream().anyMatch(each -> each.pool().equals(pool));
  }

  @Override
  public String toString() {
    List<String> devices = results.stream().map(Result::device).toList();
    return "claim " + stored.key() + " " + devices;
  }
}
