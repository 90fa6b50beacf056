package gpu.kerf.extender.cluster.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * An API server as small as it can be: objects in memory, lists in pages, watches with bookmarks,
 * and the replies of the real one, such as a Status where a client would expect a Binding.
 */
public final class FakeApiServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> FIELDS_OF_TYPES =
      Map.of(
          "nodes", "/api/v1/nodes",
          "pods", "/api/v1/pods",
          "budgets", "/apis/policy/v1/poddisruptionbudgets",
          "slices", "/apis/resource.k8s.io/v1/resourceslices",
          "claims", "/apis/resource.k8s.io/v1/resourceclaims",
          "classes", "/apis/resource.k8s.io/v1/deviceclasses",
          "leases", "/apis/coordination.k8s.io/v1/namespaces/kerf-system/leases",
          "namespaces", "/api/v1/namespaces",
          "teams", "/apis/kerf.gpu/v1alpha1/teams",
          "queues", "/apis/scheduling.run.ai/v2/queues");

  /** Kinds that an API server does not have by itself. */
  private static final Set<String> ADDED = Set.of("teams", "queues");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, NavigableMap<String, ObjectNode>> objects = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final List<ObjectNode> events = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<Answer> planned = new CopyOnWriteArrayList<>();
  private long version = 100;
  private long forgottenBefore;
  private long uids;
  private int watchGeneration;
  private volatile boolean mute;
  private boolean delayed;
  private volatile String token = "";
  private volatile String slicesIn = "v1";
  private final Set<String> served = ConcurrentHashMap.newKeySet();
  private final Set<String> forbidden = ConcurrentHashMap.newKeySet();

  /** A change as watches tell it. */
  private record Change(long version, String type, String kind, ObjectNode object) {}

  /** What is answered instead, to the first request that it is for. */
  public record Answer(
      String method, String pathEnd, int status, String body, boolean carriedOut) {}

  public FakeApiServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    FIELDS_OF_TYPES.keySet().forEach(kind -> objects.put(kind, new TreeMap<>()));
    // The manifests have it.
    put("leases", "{\"metadata\":{\"namespace\":\"kerf-system\",\"name\":\"kerf-binding\"}}");
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A kubeconfig file for it. */
  public Path kubeconfig(Path folder) {
    String text =
        """
        apiVersion: v1
        kind: Config
        current-context: fake
        contexts: [{name: fake, context: {cluster: fake, user: fake, namespace: kerf-system}}]
        clusters: [{name: fake, cluster: {server: "%s"}}]
        users: [{name: fake, user: {token: secret}}]
        """
            .formatted(address());
    try {
      return Files.writeString(folder.resolve("kubeconfig"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- what tests do to it

  public synchronized ObjectNode put(String kind, String manifest) {
    try {
      ObjectNode object = (ObjectNode) JSON.readTree(manifest);
      ObjectNode metadata = object.withObject("/metadata");
      ObjectNode known = objects(kind).get(key(object));
      if (ADDED.contains(kind)) {
        boolean same = known != null && known.path("spec").equals(object.path("spec"));
        int generation = known == null ? 0 : known.at("/metadata/generation").asInt();
        metadata.put("generation", same ? generation : generation + 1);
        metadata.put("creationTimestamp", "2026-01-01T00:00:00Z");
      }
      if (!metadata.has("uid")) {
        metadata.put("uid", known == null ? "uid-" + ++uids : uid(known));
      }
      store(kind, known == null ? "ADDED" : "MODIFIED", object);
      return object;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public synchronized void delete(String kind, String key) {
    ObjectNode object = objects(kind).remove(key);
    if (object != null) {
      change("DELETED", kind, object);
    }
  }

  /** Removes without telling watches. */
  synchronized void loseSilently(String kind, String key) {
    objects(kind).remove(key);
  }

  public synchronized ObjectNode get(String kind, String key) {
    ObjectNode object = objects(kind).get(key);
    if (object == null) {
      throw new AssertionError("There is no " + key + " among " + kind);
    }
    return object.deepCopy();
  }

  /** Ends all watches as a broken connection does. */
  public synchronized void cutWatches() {
    watchGeneration++;
    notifyAll();
  }

  /** Forgets all versions before now: watches that stand there get 410. */
  public synchronized void compact() {
    forgottenBefore = version;
    changes.clear();
  }

  /** Says nothing any more on watches, and keeps them open. */
  void mute(boolean silent) {
    mute = silent;
  }

  /** Watches are late: they tell what happens when this ends. */
  synchronized void delay(boolean late) {
    delayed = late;
    notifyAll();
  }

  /** As an older API server does, which has ResourceSlices in this version alone. */
  void serveSlicesIn(String version) {
    slicesIn = version;
  }

  /** From now on it has a kind that was added, as by a CustomResourceDefinition. */
  void serve(String kind) {
    served.add(kind);
  }

  /** Forgets an added kind and all its objects, and ends its watches without a word. */
  synchronized void forgetKind(String kind) {
    served.remove(kind);
    objects(kind).clear();
    cutWatches();
  }

  /** Lets no client list or watch a kind. */
  void forbid(String kind) {
    forbidden.add(kind);
  }

  /** From now on a client needs this token. */
  public void expect(String secret) {
    token = secret;
  }

  public void plan(Answer answer) {
    planned.add(answer);
  }

  public List<ObjectNode> events() {
    return events;
  }

  /** Method and path of every request, with its query. */
  public List<String> requests() {
    return requests;
  }

  // ---- what it answers

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String kind = kind(path);
      String method = exchange.getRequestMethod();
      requests.add(method + " " + exchange.getRequestURI());
      byte[] body = exchange.getRequestBody().readAllBytes();
      Map<String, String> query = query(exchange);
      if (!token.isEmpty()
          && !("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        send(exchange, 401, status(401, "Unauthorized", "Unauthorized").body);
        return;
      }
      Answer answer = planned(method, path);
      if (answer != null) {
        if (answer.carriedOut) {
          answer(method, path, body);
        }
        if (answer.status == 0) {
          return; // cut off
        }
        send(exchange, answer.status, answer.body);
      } else if (kind != null && forbidden.contains(kind)) {
        send(exchange, 403, status(403, "Forbidden", kind + " is forbidden").body);
      } else if (kind != null && ADDED.contains(kind) && !served.contains(kind)) {
        send(exchange, 404, "404 page not found");
      } else if (query.getOrDefault("watch", "").equals("true")) {
        watch(exchange, kind, query);
      } else if (method.equals("GET") && kind != null) {
        list(exchange, kind, query);
      } else {
        Reply reply = answer(method, path, body);
        send(exchange, reply.status, reply.body);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable Answer planned(String method, String path) {
    for (Iterator<Answer> each = planned.iterator(); each.hasNext(); ) {
      Answer answer = each.next();
      if (answer.method.equals(method) && path.endsWith(answer.pathEnd)) {
        planned.remove(answer);
        return answer;
      }
    }
    return null;
  }

  private record Reply(int status, String body) {}

  private synchronized Reply answer(String method, String path, byte[] body) throws IOException {
    String[] steps = path.split("/", -1);
    if (path.endsWith("/binding")) {
      return bind(steps[4] + "/" + steps[6], JSON.readTree(body));
    }
    if (path.endsWith("/eviction")) {
      return evict(steps[4] + "/" + steps[6], JSON.readTree(body));
    }
    if (path.endsWith("/events")) {
      events.add((ObjectNode) JSON.readTree(body));
      return new Reply(201, "{}");
    }
    if (path.startsWith("/apis/coordination.k8s.io/")) {
      return lease(method, steps, body);
    }
    if (path.startsWith("/apis/kerf.gpu/") && method.equals("PATCH")) {
      return patch("teams", steps[5], (ObjectNode) JSON.readTree(body));
    }
    if (method.equals("GET") && steps.length == 4 && resources(path).length > 0) {
      return resourceList(path);
    }
    if (path.endsWith("/status") && method.equals("PATCH")) {
      boolean node = path.startsWith("/api/v1/nodes/");
      return patch(
          node ? "nodes" : "pods",
          node ? steps[4] : steps[4] + "/" + steps[6],
          (ObjectNode) JSON.readTree(body));
    }
    if (path.equals("/apis/resource.k8s.io")) {
      return new Reply(
          200,
          "{\"kind\":\"APIGroup\",\"versions\":[{\"groupVersion\":\"resource.k8s.io/"
              + slicesIn
              + "\",\"version\":\""
              + slicesIn
              + "\"}]}");
    }
    if (method.equals("PATCH") && steps[5].equals("configmaps")) {
      return patch("configmaps", steps[4] + "/" + steps[6], (ObjectNode) JSON.readTree(body));
    }
    if (method.equals("GET") && path.startsWith("/api/v1/nodes/")) {
      ObjectNode node = objects("nodes").get(steps[4]);
      return node == null
          ? status(404, "NotFound", "nodes \"" + steps[4] + "\" not found")
          : new Reply(200, node.toString());
    }
    if (method.equals("GET") && path.startsWith("/api/v1/namespaces/") && steps.length == 7) {
      ObjectNode object = objects(steps[5]).get(steps[4] + "/" + steps[6]);
      return object == null ? status(404, "NotFound", path) : new Reply(200, object.toString());
    }
    return status(404, "NotFound", "the server could not find the requested resource");
  }

  /** The added kinds of a group and version that it has. */
  private String[] resources(String path) {
    return served.stream()
        .filter(kind -> FIELDS_OF_TYPES.getOrDefault(kind, "").equals(path + "/" + kind))
        .toArray(String[]::new);
  }

  private Reply resourceList(String path) {
    ObjectNode list = JSON.createObjectNode().put("kind", "APIResourceList");
    list.put("apiVersion", "v1").put("groupVersion", path.substring("/apis/".length()));
    ArrayNode resources = list.putArray("resources");
    for (String kind : resources(path)) {
      resources
          .addObject()
          .put("name", kind)
          .put("namespaced", false)
          .putArray("verbs")
          .add("list");
    }
    return new Reply(200, list.toString());
  }

  private Reply bind(String key, JsonNode binding) {
    ObjectNode pod = objects("pods").get(key);
    if (pod == null) {
      return status(404, "NotFound", "pods \"" + key + "\" not found");
    }
    String uid = binding.path("metadata").path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(uid(pod))) {
      return status(409, "Conflict", "Precondition failed: UID in precondition: " + uid);
    }
    if (pod.path("spec").has("nodeName")) {
      return status(409, "Conflict", "pod " + key + " is already assigned to node");
    }
    ObjectNode bound = pod.deepCopy();
    bound.withObject("/spec").put("nodeName", binding.path("target").path("name").asText());
    ObjectNode annotations = bound.withObject("/metadata/annotations");
    binding
        .path("metadata")
        .path("annotations")
        .properties()
        .forEach(each -> annotations.set(each.getKey(), each.getValue()));
    store("pods", "MODIFIED", bound);
    return status(201, "Success", "");
  }

  private Reply evict(String key, JsonNode eviction) {
    ObjectNode pod = objects("pods").get(key);
    if (pod == null) {
      return status(404, "NotFound", "pods \"" + key + "\" not found");
    }
    String uid = eviction.at("/deleteOptions/preconditions/uid").asText("");
    if (!uid.isEmpty() && !uid.equals(uid(pod))) {
      return status(409, "Conflict", "the UID in the precondition does not match");
    }
    ObjectNode dying = pod.deepCopy();
    int own = pod.at("/spec/terminationGracePeriodSeconds").asInt(30);
    int grace = eviction.at("/deleteOptions/gracePeriodSeconds").asInt(own);
    dying.withObject("/metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
    dying.withObject("/metadata").put("deletionGracePeriodSeconds", grace);
    if (grace == 0) {
      delete("pods", key);
    } else {
      store("pods", "MODIFIED", dying);
    }
    return status(201, "Success", "");
  }

  private Reply lease(String method, String[] steps, byte[] body) throws IOException {
    if (method.equals("POST")) {
      ObjectNode created = (ObjectNode) JSON.readTree(body);
      if (objects("leases").containsKey(key(created))) {
        return status(409, "AlreadyExists", key(created) + " already exists");
      }
      return new Reply(201, put("leases", created.toString()).toString());
    }
    ObjectNode lease = objects("leases").get(steps[5] + "/" + steps[7]);
    if (lease == null) {
      return status(404, "NotFound", "leases \"" + steps[7] + "\" not found");
    }
    if (method.equals("GET")) {
      return new Reply(200, lease.toString());
    }
    ObjectNode patch = (ObjectNode) JSON.readTree(body);
    boolean stale =
        !patch.at("/metadata/resourceVersion").equals(lease.at("/metadata/resourceVersion"));
    return stale
        ? status(409, "Conflict", "the object has been modified")
        : patch("leases", key(lease), patch);
  }

  private Reply patch(String kind, String key, ObjectNode patch) {
    ObjectNode object = objects(kind).get(key);
    if (object == null) {
      return status(404, "NotFound", key + " not found");
    }
    String expected = patch.at("/metadata/resourceVersion").asText("");
    if (!expected.isEmpty() && !expected.equals(object.at("/metadata/resourceVersion").asText())) {
      return status(409, "Conflict", "the object has been modified");
    }
    ObjectNode changed = object.deepCopy();
    merge(changed, patch);
    store(kind, "MODIFIED", changed);
    return new Reply(200, changed.toString());
  }

  private static void merge(ObjectNode into, ObjectNode patch) {
    for (Map.Entry<String, JsonNode> each : patch.properties()) {
      if (each.getValue().isNull()) {
        into.remove(each.getKey());
      } else if (each.getValue() instanceof ObjectNode child) {
        merge(into.withObject("/" + each.getKey().replace("~", "~0").replace("/", "~1")), child);
      } else {
        into.set(each.getKey(), each.getValue());
      }
    }
  }

  private static Reply status(int code, String reason, String message) {
    ObjectNode status = JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1");
    status.put("status", code < 300 ? "Success" : "Failure").put("reason", reason);
    return new Reply(code, status.put("message", message).put("code", code).toString());
  }

  private void list(HttpExchange exchange, String kind, Map<String, String> query)
      throws IOException {
    ObjectNode list = JSON.createObjectNode().put("kind", "List").put("apiVersion", "v1");
    synchronized (this) {
      ObjectNode metadata = list.putObject("metadata").put("resourceVersion", "" + version);
      ArrayNode items = list.putArray("items");
      int limit = Integer.parseInt(query.getOrDefault("limit", "100000"));
      for (Map.Entry<String, ObjectNode> each :
          objects(kind).tailMap(query.getOrDefault("continue", ""), false).entrySet()) {
        if (!isOnNode(each.getValue(), query.getOrDefault("fieldSelector", ""))) {
          continue;
        }
        if (items.size() == limit) {
          metadata.put("continue", key(items.get(items.size() - 1)));
          break;
        }
        items.add(each.getValue().deepCopy());
      }
    }
    send(exchange, 200, list.toString());
  }

  /** Of field selectors it knows those by node. */
  private static boolean isOnNode(ObjectNode object, String selector) {
    for (String each : selector.split(",", -1)) {
      String[] sides = each.split("=", 2);
      boolean byNode = sides[0].equals("spec.nodeName") || sides[0].equals("metadata.name");
      String value = object.at("/" + sides[0].replace('.', '/')).asText("");
      if (byNode && !value.equals(sides[1])) {
        return false;
      }
    }
    return true;
  }

  private void watch(HttpExchange exchange, @Nullable String kind, Map<String, String> query)
      throws IOException, InterruptedException {
    long from = Long.parseLong(query.getOrDefault("resourceVersion", "0"));
    long end =
        System.nanoTime()
            + Long.parseLong(query.getOrDefault("timeoutSeconds", "60")) * 1_000_000_000L;
    int generation;
    synchronized (this) {
      generation = watchGeneration;
      if (from < forgottenBefore) {
        send(
            exchange,
            200,
            watchEvent(
                "ERROR", JSON.readTree(status(410, "Expired", "too old resource version").body)));
        return;
      }
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    out.flush();
    long told = from;
    while (true) {
      StringBuilder text = new StringBuilder();
      boolean over;
      synchronized (this) {
        while (delayed && generation == watchGeneration) {
          wait(20);
        }
        for (Change change : changes) {
          if (change.version > told && change.kind.equals(kind)) {
            text.append(watchEvent(change.type, change.object));
          }
        }
        told = version;
        over = System.nanoTime() > end && !mute;
        if (generation != watchGeneration) {
          throw new IOException("cut");
        }
        if (over) {
          ObjectNode bookmark = JSON.createObjectNode().put("kind", "Pod");
          bookmark.putObject("metadata").put("resourceVersion", "" + told);
          bookmark.putObject("spec").putNull("containers");
          text.append(watchEvent("BOOKMARK", bookmark));
        } else if (text.isEmpty()) {
          wait(20);
        }
      }
      if (!mute) {
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
      if (over) {
        return;
      }
    }
  }

  private static String watchEvent(String type, JsonNode object) {
    ObjectNode event = JSON.createObjectNode().put("type", type);
    event.set("object", object);
    return event + "\n";
  }

  private void store(String kind, String type, ObjectNode object) {
    objects(kind).put(key(object), object);
    change(type, kind, object);
  }

  private synchronized void change(String type, String kind, ObjectNode object) {
    version++;
    object.withObject("/metadata").put("resourceVersion", "" + version);
    changes.add(new Change(version, type, kind, object.deepCopy()));
    notifyAll();
  }

  private NavigableMap<String, ObjectNode> objects(String kind) {
    return objects.computeIfAbsent(kind, each -> new TreeMap<>());
  }

  private static String key(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    String namespace = metadata.path("namespace").asText("");
    String name = metadata.path("name").asText("");
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  private static String uid(JsonNode object) {
    return object.path("metadata").path("uid").asText("");
  }

  private @Nullable String kind(String asked) {
    String path = asked.replace("/" + slicesIn + "/resource", "/v1/resource");
    if (asked.startsWith("/apis/resource.k8s.io/v1/") && !slicesIn.equals("v1")) {
      return null;
    }
    return FIELDS_OF_TYPES.entrySet().stream()
        .filter(each -> each.getValue().equals(path))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      query.put(
          pair.substring(0, equals),
          URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return query;
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    cutWatches();
    server.stop(0);
    threads.shutdownNow();
  }
}
