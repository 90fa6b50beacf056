package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers what clients ask of ResourceClaims, and of the field of a pod that names one, with the
 * checks of a real API server: it accepts allocations that overlap.
 */
final class ClaimApi {
  private static final Pattern CLAIM =
      Pattern.compile(
          "/apis/resource\\.k8s\\.io/v1/namespaces/([^/]+)/resourceclaims(?:/([^/]+)(/status)?)?");
  private static final Pattern POD =
      Pattern.compile("/api/v1/namespaces/([^/]+)/pods/([^/]+)/status");
  private static final String FIELD = "extendedResourceClaimStatus";

  private final ApiStore store;
  private final Story story;
  private final Watcher watcher;
  private boolean dropsFields;

  /** Is told what a client writes. */
  interface Watcher {
    /** Devices are about to be allocated. */
    void allocates(String client, ClaimObject after);

    /** A claim is about to lose its devices. */
    void takes(String client, ClaimObject claim);

    /** The pod names its claim. */
    void names(String client, PodObject pod);

    /** Something was written. */
    void wrote(String client);
  }

  ClaimApi(ApiStore store, Story story, Watcher watcher) {
    this.store = store;
    this.story = story;
    this.watcher = watcher;
  }

  /** Whether its feature gate is off: it accepts the field, and drops it. */
  void dropFields(boolean on) {
    dropsFields = on;
  }

  /** Null if it is not asked about claims. */
  @Nullable ApiReply answer(ApiRequest request, String client) throws IOException {
    Matcher claim = CLAIM.matcher(request.path());
    if (claim.matches()) {
      ApiReply reply = ofClaim(request, claim, client);
      told(request, reply, client);
      return reply;
    }
    Matcher pod = POD.matcher(request.path());
    if (pod.matches() && request.type().equals(ApiRequest.JSON_PATCH)) {
      Stored found = store.get(ObjectKind.POD, Stored.key(pod.group(1), pod.group(2)));
      ApiReply reply = found == null ? notFound(request) : field(found, request, client);
      told(request, reply, client);
      return reply;
    }
    return null;
  }

  private void told(ApiRequest request, ApiReply reply, String client) {
    if (!request.method().equals("GET")) {
      String way = request.method() + " " + request.path();
      story.tell(client + " " + way + ": " + reply.status());
      watcher.wrote(client);
    }
  }

  private static ApiReply notFound(ApiRequest request) {
    return ApiFrontend.status(404, "NotFound", request.path() + " not found");
  }

  private ApiReply ofClaim(ApiRequest request, Matcher path, String client) throws IOException {
    if (request.method().equals("POST") && path.group(2) == null) {
      return create((ObjectNode) Stored.JSON.readTree(request.body()));
    }
    String key = Stored.key(path.group(1), String.valueOf(path.group(2)));
    Stored found = store.get(ObjectKind.CLAIM, key);
    if (found == null) {
      return notFound(request);
    }
    return switch (request.method()) {
      case "GET" -> new ApiReply(200, found.bytes());
      case "PATCH" -> allocate(found, (ObjectNode) Stored.JSON.readTree(request.body()), client);
      case "DELETE" -> delete(found, Stored.JSON.readTree(request.body()));
      default -> ApiFrontend.status(405, "MethodNotAllowed", request.method());
    };
  }

  private ApiReply create(ObjectNode json) {
    Stored made = store.create(ObjectKind.CLAIM, json);
    return made == null
        ? ApiFrontend.status(409, "AlreadyExists", "resourceclaims already exists")
        : new ApiReply(201, made.bytes());
  }

  private ApiReply allocate(Stored found, ObjectNode patch, String client) {
    JsonNode metadata = patch.path("metadata");
    String uid = metadata.path("uid").asText("");
    String version = metadata.path("resourceVersion").asText("");
    if (differs(uid, found.uid()) || differs(version, "" + found.version())) {
      return ApiFrontend.status(409, "Conflict", "the object has been modified");
    }
    patch.remove("metadata");
    ObjectNode json = found.json().deepCopy();
    ApiFrontend.Patches.merge(json, patch);
    JsonNode before = found.json().at("/status/allocation");
    JsonNode after = json.at("/status/allocation");
    boolean wasThere = !before.isMissingNode();
    boolean isThere = !after.isMissingNode();
    if (wasThere && isThere && !before.equals(after)) {
      return ApiFrontend.status(422, "Invalid", "status.allocation: field is immutable");
    }
    if (!isThere && !json.at("/status/reservedFor").isEmpty()) {
      return ApiFrontend.status(422, "Invalid", "status.reservedFor: needs an allocation");
    }
    if (!wasThere && isThere && found.json().at("/metadata").has("deletionTimestamp")) {
      return ApiFrontend.status(
          422, "Invalid", "status.allocation: no new one after metadata.deletionTimestamp");
    }
    if (wasThere && !isThere) {
      watcher.takes(client, ClaimObject.of(found));
    } else if (!wasThere && isThere) {
      watcher.allocates(client, ClaimObject.of(new Stored(found.kind(), json, 0)));
    }
    // Another writer may have come between.
    Stored now = store.get(ObjectKind.CLAIM, found.key());
    if (now == null || now.version() != found.version()) {
      return ApiFrontend.status(409, "Conflict", "the object has been modified");
    }
    Stored written = store.update(found, into -> into.set("status", json.path("status")));
    return new ApiReply(200, written.bytes());
  }

  private static boolean differs(String wanted, String is) {
    return !wanted.isEmpty() && !wanted.equals(is);
  }

  private ApiReply delete(Stored found, JsonNode options) {
    if (differs(options.at("/preconditions/uid").asText(""), found.uid())) {
      return ApiFrontend.status(409, "Conflict", "the UID in the precondition does not match");
    }
    delete(found);
    return new ApiReply(200, found.bytes());
  }

  /** Deletes a claim: it stays until its finalizer is taken off. */
  void delete(Stored found) {
    JsonNode metadata = found.json().path("metadata");
    if (metadata.path("finalizers").isEmpty()) {
      store.delete(found);
    } else if (!metadata.has("deletionTimestamp")) {
      store.update(
          found,
          json -> json.withObjectProperty("metadata").put("deletionTimestamp", store.timestamp()));
    }
  }

  /** Steps of which all are made, or none. */
  private ApiReply field(Stored pod, ApiRequest request, String client) throws IOException {
    JsonNode steps = Stored.JSON.readTree(request.body());
    for (JsonNode step : steps) {
      if (step.path("op").asText("").equals("test")) {
        JsonNode is = pod.json().at(step.path("path").asText(""));
        JsonNode wanted = step.path("value");
        boolean same = is.isMissingNode() ? wanted.isNull() : is.equals(wanted);
        if (!same) {
          return ApiFrontend.status(422, "Invalid", "testing path failed: " + step.path("path"));
        }
      }
    }
    JsonNode change = steps.path(steps.size() - 1);
    boolean adds = change.path("op").asText("").equals("add");
    if (adds && dropsFields) {
      return new ApiReply(200, pod.bytes());
    }
    Stored written =
        store.update(
            pod,
            json -> {
              ObjectNode status = json.withObjectProperty("status");
              if (adds) {
                status.set(FIELD, change.path("value"));
              } else {
                status.remove(FIELD);
              }
            });
    if (adds) {
      watcher.names(client, written.pod());
    }
    return new ApiReply(200, written.bytes());
  }
}
