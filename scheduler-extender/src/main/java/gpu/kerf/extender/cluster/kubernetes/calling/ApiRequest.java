package gpu.kerf.extender.cluster.kubernetes.calling;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A request to the API server; an empty body is none. */
public record ApiRequest(
    String method, String path, Map<String, String> query, String type, String body) {

  static final String JSON = "application/json";
  public static final String MERGE_PATCH = "application/merge-patch+json";
  public static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";

  /** A list of steps, of which the API server makes all or none. */
  public static final String JSON_PATCH = "application/json-patch+json";

  /** Server-side apply; JSON is YAML. */
  private static final String APPLY_PATCH = "application/apply-patch+yaml";

  private static final String TIMEOUT = "timeout";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  public static ApiRequest get(String path, Map<String, String> query) {
    return new ApiRequest("GET", path, query, JSON, "");
  }

  public static ApiRequest post(String path, String body) {
    return new ApiRequest("POST", path, Map.of(), JSON, body);
  }

  /** The same, which the API server gives up so long after it has come. */
  public ApiRequest within(Duration limit) {
    Map<String, String> more = new HashMap<>(query);
    more.put(TIMEOUT, limit.toMillis() + "ms");
    return new ApiRequest(method, path, more, type, body);
  }

  /** After how long the API server gives it up, if it was told. */
  public Optional<Duration> limit() {
    String limit = query.getOrDefault(TIMEOUT, "");
    return limit.isEmpty()
        ? Optional.empty()
        : Optional.of(Duration.ofMillis(Long.parseLong(limit.replace("ms", ""))));
  }

  public static ApiRequest put(String path, String body) {
    return new ApiRequest("PUT", path, Map.of(), JSON, body);
  }

  /** With the body of a DeleteOptions. */
  public static ApiRequest delete(String path, String options) {
    return new ApiRequest("DELETE", path, Map.of(), JSON, options);
  }

  public static ApiRequest patch(String path, String type, String body) {
    return new ApiRequest("PATCH", path, Map.of(), type, body);
  }

  /** Server-side apply: the fields of one manager become what the body says, and no others. */
  public static ApiRequest apply(String path, String manager, String body) {
    Map<String, String> query = Map.of("fieldManager", manager, "force", "true");
    return new ApiRequest("PATCH", path, query, APPLY_PATCH, body);
  }

  /** The path of a pod; an {@link IllegalArgumentException} if nothing can have this name. */
  public static String pod(String namespace, String name) {
    return "/api/v1/namespaces/" + segment(namespace) + "/pods/" + segment(name);
  }

  /** One step of a path, which a name from the wire must not leave. */
  public static String segment(String name) {
    if (!NAME.matcher(name).matches() || name.contains("..")) {
      throw new IllegalArgumentException("The name (" + name + ") is none that Kubernetes allows.");
    }
    return name;
  }
}
