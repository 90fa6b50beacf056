import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The objects of one kind, and those who watch them. */
final class PlayedKind {
  private final Map<String, JsonObject> objects = new LinkedHashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final Set<HttpServerResponse> watches = new LinkedHashSet<>();

  private record Change(long version, String line) {}

  JsonObject get(String name) {
    return objects.get(name);
  }

  void put(long version, JsonObject object) {
    JsonObject before = objects.put(object.getJsonObject("metadata").getString("name"), object);
    tell(version, before == null ? "ADDED" : "MODIFIED", object);
  }

  void remove(long version, String name) {
    tell(version, "DELETED", objects.remove(name));
  }

  private void tell(long version, String type, JsonObject object) {
    String line = line(type, object);
    changes.add(new Change(version, line));
    watches.forEach(watch -> watch.write(line));
  }

  private static String line(String type, JsonObject object) {
    return new JsonObject().put("type", type).put("object", object).encode() + "\n";
  }

  /** A part of the list, or the object that a field selector names. */
  JsonObject page(HttpServerRequest request, long version) {
    String selector = request.getParam("fieldSelector", "");
    List<JsonObject> all = new ArrayList<>(objects.values());
    if (selector.startsWith("metadata.name=")) {
      String name = selector.substring("metadata.name=".length());
      all.removeIf(object -> !object.getJsonObject("metadata").getString("name").equals(name));
    }
    int from = Integer.parseInt(request.getParam("continue", "0"));
    int to = Math.min(all.size(), from + Integer.parseInt(request.getParam("limit", "1000000")));
    // The version of the last change: a watch may have nothing to tell of a later one.
    JsonObject metadata = new JsonObject().put("resourceVersion", "" + newest(version));
    if (to < all.size()) {
      metadata.put("continue", "" + to);
    }
    return PlayedApiServer.list(new JsonArray(all.subList(from, to)), metadata);
  }

  private long newest(long version) {
    return changes.isEmpty() ? version : changes.get(changes.size() - 1).version;
  }

  void watch(HttpServerRequest request, long version) {
    HttpServerResponse response = request.response();
    response.setChunked(true).putHeader("Content-Type", "application/json");
    long seen = Long.parseLong(request.getParam("resourceVersion", "0"));
    JsonObject metadata = new JsonObject().put("resourceVersion", "" + newest(version));
    response.write(line("BOOKMARK", new JsonObject().put("metadata", metadata)));
    changes.stream()
        .filter(change -> change.version > seen)
        .forEach(change -> response.write(change.line));
    watches.add(response);
    response.closeHandler(nothing -> watches.remove(response));
    response.exceptionHandler(gone -> watches.remove(response));
  }
}
