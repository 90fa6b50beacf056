package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Answers requests as the API server does; it supports only the requests that Kerf makes. */
final class ApiFrontend {
  private static final Pattern POD =
      Pattern.compile("/api/v1/namespaces/([^/]+)/pods/([^/]+)(?:/(binding|eviction|status))?");
  private static final Pattern NODE = Pattern.compile("/api/v1/nodes/([^/]+)(?:/status)?");
  private static final Pattern LEASE =
      Pattern.compile("/apis/coordination\\.k8s\\.io/v1/namespaces/([^/]+)/leases/([^/]+)");
  private static final Pattern CONFIG_MAP =
      Pattern.compile("/api/v1/namespaces/([^/]+)/configmaps/([^/]+)");
  private static final Pattern EVENTS =
      Pattern.compile("/apis/events\\.k8s\\.io/v1/namespaces/[^/]+/events");
  private static final Pattern TEAM =
      Pattern.compile("/apis/kerf\\.gpu/v1alpha1/teams/([^/]+)(?:/status)?");
  private static final String TEAMS = "/apis/kerf.gpu/v1alpha1";
  private static final int MOST_CONTINUES = 200;

  private final ApiStore store;
  private final PodControl pods;
  private final BiPredicate<String, PodObject> mayEvict;
  private final IntSupplier largestPage;
  private final Map<String, Rest> continues = new HashMap<>();
  private @Nullable ClaimApi claims;
  private @Nullable ClaimHearing hearing;
  private DraWorld.Bindings bindings = (client, pod, node, annotations) -> {};
  private boolean servesTeams;
  private long tokens;

  /** What is left of a list: all pages show one revision. */
  private record Rest(long revision, List<Stored> objects) {}

  /**
   * @param mayEvict whether a budget lets a replica evict a pod
   * @param largestPage how many objects a page has at most, where pages were asked for
   */
  ApiFrontend(
      ApiStore store,
      PodControl pods,
      BiPredicate<String, PodObject> mayEvict,
      IntSupplier largestPage) {
    this.store = store;
    this.pods = pods;
    this.mayEvict = mayEvict;
    this.largestPage = largestPage;
  }

  /** The definition of Teams is there. */
  void serveTeams() {
    servesTeams = true;
  }

  /** There are ResourceClaims, and drivers that hand GPUs out by them. */
  void serveClaims(ClaimApi api, ClaimHearing ofReplicas, DraWorld.Bindings judge) {
    claims = api;
    hearing = ofReplicas;
    bindings = judge;
  }

  boolean servesClaims() {
    return claims != null;
  }

  /** A process has heard of all claims up to a revision. */
  void heardClaims(String process, long revision) {
    if (hearing != null) {
      hearing.heard(process, revision);
    }
  }

  boolean servesTeams() {
    return servesTeams;
  }

  /** Forgets where lists go on: who asks for the next page is told that it expired. */
  void expireContinues() {
    continues.clear();
  }

  ApiReply answer(ApiRequest request, String client) {
    try {
      ApiReply ofClaims = claims == null ? null : claims.answer(request, client);
      if (ofClaims != null) {
        return ofClaims;
      }
      return switch (request.method()) {
        case "GET" -> get(request);
        case "POST" -> post(request, client);
        case "PATCH" -> patch(request);
        default -> status(405, "MethodNotAllowed", request.method() + " is not allowed");
      };
    } catch (IOException e) {
      return status(400, "BadRequest", String.valueOf(e.getMessage()));
    }
  }

  static ApiReply status(int code, String reason, String message) {
    ObjectNode status = Stored.JSON.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure");
    status.put("message", message).put("reason", reason).put("code", code);
    return new ApiReply(code, status.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static ApiReply ok(Stored object) {
    return new ApiReply(200, object.bytes());
  }

  private static ApiReply created() {
    return new ApiReply(
        201,
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\",\"code\":201}"
            .getBytes(StandardCharsets.UTF_8));
  }

  private static ApiReply notFound(String what) {
    return status(404, "NotFound", what + " not found");
  }

  /** Which kind is listed under a path; null if none. */
  static @Nullable ObjectKind listed(String path) {
    for (ObjectKind kind : ObjectKind.values()) {
      if (kind.path().equals(path)) {
        return kind;
      }
    }
    return null;
  }

  private ApiReply get(ApiRequest request) {
    ObjectKind kind = listed(request.path());
    if (kind != null) {
      return list(kind, request);
    }
    if (servesTeams && request.path().equals(TEAMS)) {
      ObjectNode kinds = Stored.JSON.createObjectNode().put("kind", "APIResourceList");
      kinds.putArray("resources").addObject().put("name", "teams");
      return new ApiReply(200, kinds.toString().getBytes(StandardCharsets.UTF_8));
    }
    Stored found = find(request.path());
    return found == null ? notFound(request.path()) : ok(found);
  }

  private @Nullable Stored find(String path) {
    Matcher pod = POD.matcher(path);
    if (pod.matches()) {
      return store.get(ObjectKind.POD, Stored.key(pod.group(1), pod.group(2)));
    }
    Matcher lease = LEASE.matcher(path);
    if (lease.matches()) {
      return store.get(ObjectKind.LEASE, Stored.key(lease.group(1), lease.group(2)));
    }
    Matcher map = CONFIG_MAP.matcher(path);
    if (map.matches()) {
      return store.get(ObjectKind.CONFIG_MAP, Stored.key(map.group(1), map.group(2)));
    }
    Matcher team = TEAM.matcher(path);
    if (team.matches()) {
      return store.get(ObjectKind.TEAM, team.group(1));
    }
    Matcher node = NODE.matcher(path);
    return node.matches() ? store.get(ObjectKind.NODE, node.group(1)) : null;
  }

  private ApiReply list(ObjectKind kind, ApiRequest request) {
    String token = request.query().getOrDefault("continue", "");
    Rest rest = token.isEmpty() ? begin(kind, request) : continues.remove(token);
    if (rest == null) {
      return status(410, "Expired", "The provided continue parameter is too old");
    }
    String limit = request.query().getOrDefault("limit", "");
    int most =
        limit.isEmpty()
            ? Integer.MAX_VALUE
            : Math.min(Integer.parseInt(limit), largestPage.getAsInt());
    int size = Math.min(most, rest.objects.size());
    String next = "";
    if (size < rest.objects.size()) {
      next = "page-" + tokens++;
      if (continues.size() >= MOST_CONTINUES) {
        continues.clear();
      }
      continues.put(next, new Rest(rest.revision, rest.objects.subList(size, rest.objects.size())));
    }
    return page(rest.revision, next, rest.objects.subList(0, size));
  }

  private Rest begin(ObjectKind kind, ApiRequest request) {
    Selection selection = Selection.of(kind, request.query());
    List<Stored> chosen = new ArrayList<>();
    for (Stored each : store.all(kind)) {
      if (selection.has(each)) {
        chosen.add(each);
      }
    }
    return new Rest(store.revision(), chosen);
  }

  private static ApiReply page(long revision, String next, List<Stored> objects) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String head =
        "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
            + revision
            + "\",\"continue\":\""
            + next
            + "\"},\"items\":[";
    out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < objects.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      out.writeBytes(objects.get(i).bytes());
    }
    out.writeBytes("]}".getBytes(StandardCharsets.UTF_8));
    return new ApiReply(200, out.toByteArray());
  }

  private ApiReply post(ApiRequest request, String client) throws IOException {
    if (EVENTS.matcher(request.path()).matches()) {
      store.writeElsewhere();
      return created();
    }
    Matcher matcher = POD.matcher(request.path());
    if (!matcher.matches()) {
      return notFound(request.path());
    }
    JsonNode body = Stored.JSON.readTree(request.body());
    Stored found = store.get(ObjectKind.POD, Stored.key(matcher.group(1), matcher.group(2)));
    if (found == null) {
      return notFound("pods \"" + matcher.group(2) + "\"");
    }
    return switch (String.valueOf(matcher.group(3))) {
      case "binding" -> bind(found.pod(), body, client);
      case "eviction" -> evict(found.pod(), body, client);
      default -> status(405, "MethodNotAllowed", request.path());
    };
  }

  private ApiReply bind(PodObject pod, JsonNode body, String client) {
    String uid = body.path("metadata").path("uid").asText("");
    String node = body.path("target").path("name").asText("");
    if (!uid.isEmpty() && !uid.equals(pod.uid())) {
      return status(409, "Conflict", "the UID in the precondition does not match");
    }
    if (pod.isTerminating()) {
      return status(409, "Conflict", "pod " + pod.name() + " is being deleted");
    }
    if (pod.isBound()) {
      return status(409, "Conflict", "pod " + pod.name() + " is already assigned to a node");
    }
    bindings.binds(client, pod, node, body.path("metadata").path("annotations"));
    pods.bind(pod, node, body.path("metadata").path("annotations"), client);
    return created();
  }

  private ApiReply evict(PodObject pod, JsonNode body, String client) {
    String uid = body.path("deleteOptions").path("preconditions").path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(pod.uid())) {
      return status(409, "Conflict", "the UID in the precondition does not match");
    }
    if (!pod.isTerminating() && !mayEvict.test(client, pod)) {
      return new ApiReply(
          429,
          ("{\"kind\":\"Status\",\"code\":429,\"reason\":\"TooManyRequests\",\"message\":\"Cannot"
                  + " evict pod as it would violate the pod's disruption"
                  + " budget.\",\"details\":{\"causes\":[{\"reason\":\"DisruptionBudget\",\"message\":\"none"
                  + " allowed\"}]}}")
              .getBytes(StandardCharsets.UTF_8));
    }
    if (!pod.isTerminating()) {
      PodObject told = pods.disrupt(pod, "EvictionByEvictionAPI", "Eviction API: evicting");
      pods.delete(told, pod.graceSeconds(), "evicted by " + client);
    }
    return created();
  }

  private ApiReply patch(ApiRequest request) throws IOException {
    Stored found = find(request.path());
    if (found == null) {
      return notFound(request.path());
    }
    ObjectNode patch = (ObjectNode) Stored.JSON.readTree(request.body());
    if (patch.path("spec").has("schedulingGates")) {
      return openGates(found, patch);
    }
    JsonNode metadata = patch.path("metadata");
    String uid = metadata.path("uid").asText("");
    String version = metadata.path("resourceVersion").asText("");
    if ((!uid.isEmpty() && !uid.equals(found.uid()))
        || (!version.isEmpty() && !version.equals("" + found.version()))) {
      return status(409, "Conflict", "the object has been modified");
    }
    if (patch.path("status").has("nominatedNodeName") && found.pod().isBound()) {
      return status(422, "Invalid", "nominatedNodeName cannot be set on a bound pod");
    }
    return ok(store.update(found, json -> Patches.merge(json, patch)));
  }

  /** A strategic patch that deletes gates by their names. */
  private ApiReply openGates(Stored found, ObjectNode patch) {
    if (!patch.path("metadata").path("uid").asText("").equals(found.uid())) {
      ObjectNode status = Stored.JSON.createObjectNode().put("kind", "Status");
      status.put("code", 422).put("reason", "Invalid").put("message", "field is immutable");
      status.putObject("details").putArray("causes").addObject().put("field", "metadata.uid");
      return new ApiReply(422, status.toString().getBytes(StandardCharsets.UTF_8));
    }
    Set<String> names = new HashSet<>();
    for (JsonNode each : patch.path("spec").path("schedulingGates")) {
      if (each.path("$patch").asText("").equals("delete")) {
        names.add(each.path("name").asText(""));
      }
    }
    return ok(store.update(found, json -> removeGates(json.withObjectProperty("spec"), names)));
  }

  private static void removeGates(ObjectNode spec, Set<String> names) {
    ArrayNode stay = Stored.JSON.createArrayNode();
    for (JsonNode each : spec.path("schedulingGates")) {
      if (!names.contains(each.path("name").asText(""))) {
        stay.add(each);
      }
    }
    spec.remove("schedulingGates");
    if (!stay.isEmpty()) {
      spec.set("schedulingGates", stay);
    }
  }

  /** Merges as a strategic patch does: conditions by their types, everything else by its key. */
  static final class Patches {
    private Patches() {}

    static void merge(ObjectNode into, ObjectNode patch) {
      for (Map.Entry<String, JsonNode> each : patch.properties()) {
        String key = each.getKey();
        JsonNode value = each.getValue();
        if (value.isNull()) {
          into.remove(key);
        } else if (value instanceof ObjectNode object) {
          merge(into.withObjectProperty(key), object);
        } else if (value instanceof ArrayNode array && key.equals("conditions")) {
          conditions(into.withArrayProperty(key), array);
        } else {
          into.set(key, value);
        }
      }
    }

    private static void conditions(ArrayNode into, ArrayNode added) {
      for (JsonNode condition : added) {
        int place = into.size();
        for (int i = 0; i < into.size(); i++) {
          if (into.get(i).path("type").equals(condition.path("type"))) {
            place = i;
          }
        }
        if (place == into.size()) {
          into.add(condition);
        } else {
          into.set(place, condition);
        }
      }
    }
  }
}
