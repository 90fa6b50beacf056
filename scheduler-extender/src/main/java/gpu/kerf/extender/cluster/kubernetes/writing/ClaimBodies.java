package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.wire.PodView;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The objects that claim devices for a pod, in the form in which kube-scheduler's own plugin for
 * extended resources writes them. The kubelet reads them.
 */
public final class ClaimBodies {

  /** The mark by which the controller-manager knows that the claim is of its pod alone. */
  static final String MARK = "resource.kubernetes.io/extended-resource-claim";

  /**
   * Keeps a claim that a user deletes until its devices are given back. Without it the devices
   * would count as free while a container uses them.
   */
  static final String FINALIZER = "resource.kubernetes.io/delete-protection";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MEMORY = "memory";

  /** What a request of Kerf's says; another field would change what its allocation means. */
  private static final Set<String> KNOWN =
      Set.of("deviceClassName", "allocationMode", "count", "capacity");

  private ClaimBodies() {}

  static String name(String podUid) {
    return PodView.CLAIM_PREFIX + podUid;
  }

  /** A claim that nothing is allocated to. */
  static ObjectNode claim(DeviceClaim claim) {
    PodView.Ref pod = claim.pod();
    ObjectNode body = JSON.createObjectNode();
    body.put("apiVersion", "resource.k8s.io/v1").put("kind", "ResourceClaim");
    ObjectNode metadata = body.putObject("metadata");
    metadata.put("name", name(pod.uid())).put("namespace", pod.namespace());
    metadata.putObject("annotations").put(MARK, "true");
    metadata.putArray("finalizers").add(FINALIZER);
    ObjectNode owner = metadata.putArray("ownerReferences").addObject();
    owner.put("apiVersion", "v1").put("kind", "Pod").put("name", pod.name());
    owner.put("uid", pod.uid()).put("controller", true);
    ArrayNode requests = body.putObject("spec").putObject("devices").putArray("requests");
    for (Request each : claim.requests()) {
      ObjectNode request = requests.addObject().put("name", each.name());
      ObjectNode exactly = request.putObject("exactly");
      exactly.put("deviceClassName", each.deviceClass()).put("allocationMode", "ExactCount");
      exactly.put("count", each.devices().size());
      if (each.memoryMiB() > 0) {
        exactly.putObject("capacity").putObject("requests").put(MEMORY, mib(each.memoryMiB()));
      }
    }
    return body;
  }

  /** The devices, and the pod that they are reserved for. */
  static ObjectNode allocation(
      DeviceClaim claim, String uid, DeviceClasses.Known classes, Supplier<String> shareId) {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("uid", uid);
    ObjectNode status = body.putObject("status");
    ObjectNode allocation = status.putObject("allocation");
    ObjectNode devices = allocation.putObject("devices");
    ArrayNode results = devices.putArray("results");
    ArrayNode config = JSON.createArrayNode();
    for (Request request : claim.requests()) {
      request.devices().forEach(each -> result(request, each, shareId, results.addObject()));
      for (JsonNode each : classes.config(request.deviceClass())) {
        ObjectNode copy = config.addObject().put("source", "FromClass");
        copy.putArray("requests").add(request.name());
        copy.setAll((ObjectNode) each);
      }
    }
    if (!config.isEmpty()) {
      devices.set("config", config);
    }
    ObjectNode field = fieldOfNode(allocation);
    field.put("key", "metadata.name").put("operator", "In").putArray("values").add(claim.node());
    PodView.Ref pod = claim.pod();
    ObjectNode reserved = status.putArray("reservedFor").addObject();
    reserved.put("resource", "pods").put("name", pod.name()).put("uid", pod.uid());
    return body;
  }

  private static ObjectNode fieldOfNode(ObjectNode allocation) {
    ArrayNode terms = allocation.putObject("nodeSelector").putArray("nodeSelectorTerms");
    return terms.addObject().putArray("matchFields").addObject();
  }

  private static void result(
      Request request, Device device, Supplier<String> shareId, ObjectNode out) {
    out.put("request", request.name()).put("driver", device.driver()).put("pool", device.pool());
    out.put("device", device.name());
    if (device.memoryMiB() > 0) {
      out.put("shareID", shareId.get());
      out.putObject("consumedCapacity").put(MEMORY, mib(device.memoryMiB()));
    }
  }

  private static String mib(int amount) {
    return amount % 1024 == 0 ? amount / 1024 + "Gi" : amount + "Mi";
  }

  /** Takes devices and reservation away: the API server refuses one without the other. */
  static ObjectNode cleared(JsonNode metadata) {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata")
        .put("uid", metadata.path("uid").asText(""))
        .put("resourceVersion", metadata.path("resourceVersion").asText(""));
    body.putObject("status").putNull("allocation").putNull("reservedFor");
    return body;
  }

  /** For a claim of exactly this uid. */
  static String deletion(String uid) {
    ObjectNode body = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "DeleteOptions");
    body.putObject("preconditions").put("uid", uid);
    return body.toString();
  }

  /** The value of the pod's field. */
  static ObjectNode field(DeviceClaim claim) {
    ObjectNode field = JSON.createObjectNode();
    field.put("resourceClaimName", name(claim.pod().uid()));
    ArrayNode mappings = field.putArray("requestMappings");
    for (Mapping each : claim.mappings()) {
      ObjectNode mapping = mappings.addObject().put("containerName", each.container());
      mapping.put("resourceName", each.resource()).put("requestName", each.request());
    }
    return field;
  }

  /**
   * A JSON Patch of a pod's field. It fails where the pod is another one, or the field has changed:
   * so no other program's value is ever overwritten.
   *
   * @param before the claim that the field names now; empty where the field must not be there
   * @param after null to remove the field
   */
  static String fieldPatch(String podUid, String before, JsonNode after) {
    ArrayNode patch = JSON.createArrayNode();
    patch.addObject().put("op", "test").put("path", "/metadata/uid").put("value", podUid);
    ObjectNode test = patch.addObject().put("op", "test");
    if (before.isEmpty()) {
      test.put("path", FIELD).putNull("value");
    } else {
      test.put("path", FIELD + "/resourceClaimName").put("value", before);
    }
    ObjectNode change = patch.addObject().put("path", FIELD);
    if (after.isMissingNode()) {
      change.put("op", "remove");
    } else {
      change.put("op", "add").set("value", after);
    }
    return patch.toString();
  }

  private static final String FIELD = "/status/extendedResourceClaimStatus";

  /** Whether a claim has exactly these devices, and is reserved for the pod. */
  static boolean isAllocated(JsonNode object, DeviceClaim claim) {
    JsonNode results = object.at("/status/allocation/devices/results");
    int at = 0;
    for (Request request : claim.requests()) {
      for (Device device : request.devices()) {
        if (!isSame(results.path(at++), request, device)) {
          return false;
        }
      }
    }
    String reserved = object.at("/status/reservedFor/0/uid").asText("");
    return at == results.size() && reserved.equals(claim.pod().uid());
  }

  private static boolean isSame(JsonNode result, Request request, Device device) {
    String consumed = result.at("/consumedCapacity/" + MEMORY).asText("");
    return result.path("request").asText("").equals(request.name())
        && result.path("driver").asText("").equals(device.driver())
        && result.path("pool").asText("").equals(device.pool())
        && result.path("device").asText("").equals(device.name())
        && consumed.equals(device.memoryMiB() > 0 ? mib(device.memoryMiB()) : "");
  }

  /**
   * Whether a claim is what Kerf would make: what it asks for cannot be changed. A user may have
   * made one of that name first, with access for an administrator or without the finalizer.
   */
  static boolean asksSame(JsonNode object, DeviceClaim claim) {
    JsonNode written = object.at("/spec/devices/requests");
    JsonNode wanted = claim(claim).at("/spec/devices/requests");
    if (written.size() != wanted.size() || !isProtected(object)) {
      return false;
    }
    for (int i = 0; i < wanted.size(); i++) {
      JsonNode one = written.get(i);
      JsonNode other = wanted.get(i);
      boolean same =
          one.path("name").equals(other.path("name"))
              && one.at("/exactly/deviceClassName").equals(other.at("/exactly/deviceClassName"))
              && one.at("/exactly/count").asInt(1) == other.at("/exactly/count").asInt(1)
              && one.at("/exactly/capacity/requests/" + MEMORY)
                  .asText("")
                  .equals(other.at("/exactly/capacity/requests/" + MEMORY).asText(""));
      if (!same || !KNOWN.containsAll(names(one.path("exactly")))) {
        return false;
      }
    }
    return true;
  }

  private static Set<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
  }

  /** Whether it stays until its devices are given back, and goes with its pod. */
  private static boolean isProtected(JsonNode object) {
    boolean marked = object.at("/metadata/annotations").path(MARK).asText("").equals("true");
    for (JsonNode finalizer : object.at("/metadata/finalizers")) {
      if (marked && finalizer.asText("").equals(FINALIZER)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether another pod than the one that a claim is for may use its devices: any pod of the
   * namespace can name it, and then kube-scheduler reserves it for that pod as well.
   */
  public static boolean isSharedWithOthers(JsonNode object, String podUid) {
    for (JsonNode user : object.at("/status/reservedFor")) {
      if (!user.path("uid").asText("").equals(podUid)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a claim was made for a pod by Kerf, or in its form. */
  static boolean isOf(JsonNode object, String podUid) {
    for (JsonNode owner : object.at("/metadata/ownerReferences")) {
      if (owner.path("uid").asText("").equals(podUid)) {
        return object.at("/metadata/name").asText("").equals(name(podUid));
      }
    }
    return false;
  }
}
