package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.wire.Annotations;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A controller's event that it could not create a pod because the API server did not reach Kerf's
 * webhook. The controller pauses after it, twice as long each time.
 *
 * @param uid of the controller's object
 * @param version of the event; another failure of the same object has another one
 * @param when it happened the last time
 */
record FailedCreation(
    Kind kind, String namespace, String name, String uid, String version, Instant when) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the API server says in the event; the name is that of {@code base/webhooks.yaml}. */
  private static final String TEXT = "failed calling webhook \"pods.kerf.gpu\"";

  /** The kinds whose controllers try again as soon as their object changes. */
  enum Kind {
    REPLICA_SET("ReplicaSet", "apps/v1", "replicasets"),
    STATEFUL_SET("StatefulSet", "apps/v1", "statefulsets"),
    DAEMON_SET("DaemonSet", "apps/v1", "daemonsets"),
    JOB("Job", "batch/v1", "jobs");

    private final String word;
    private final String apiVersion;
    private final String resource;

    Kind(String word, String apiVersion, String resource) {
      this.word = word;
      this.apiVersion = apiVersion;
      this.resource = resource;
    }

    /** Kinds of other groups have some of these names, too. */
    private static Optional<Kind> of(JsonNode object) {
      return Arrays.stream(values())
          .filter(kind -> kind.word.equals(object.path("kind").asText("")))
          .filter(kind -> kind.apiVersion.equals(object.path("apiVersion").asText("")))
          .findFirst();
    }
  }

  /** Reads an event of core/v1; empty if it says something else. */
  static Optional<FailedCreation> of(JsonNode event) {
    if (!event.path("message").asText("").contains(TEXT)) {
      return Optional.empty();
    }
    JsonNode object = event.path("involvedObject");
    JsonNode metadata = event.path("metadata");
    return Kind.of(object)
        .map(
            kind ->
                new FailedCreation(
                    kind,
                    metadata.path("namespace").asText(""),
                    object.path("name").asText(""),
                    object.path("uid").asText(""),
                    metadata.path("resourceVersion").asText(""),
                    when(event)))
        .filter(failure -> !failure.uid.isEmpty());
  }

  /** Which of the fields says it differs between the two APIs of events. */
  private static Instant when(JsonNode event) {
    Instant latest = Instant.EPOCH;
    for (JsonNode field :
        Arrays.asList(
            event.path("lastTimestamp"),
            event.at("/series/lastObservedTime"),
            event.path("eventTime"),
            event.at("/metadata/creationTimestamp"))) {
      Instant time = time(field.asText(""));
      latest = time != null && time.isAfter(latest) ? time : latest;
    }
    return latest;
  }

  private static @Nullable Instant time(String text) {
    try {
      return text.isEmpty() || text.equals("null") ? null : Instant.parse(text);
    } catch (DateTimeException malformed) {
      return null;
    }
  }

  /** The later one of two events about the same object. */
  FailedCreation orLater(FailedCreation other) {
    return other.when.isAfter(when) ? other : this;
  }

  /**
   * Changes the object, so that its controller looks at it at once. The status can carry no change
   * of the spec, and the uid lets it change no other object of the name.
   *
   * @throws IllegalArgumentException if nothing can have this name
   */
  ApiRequest retry() {
    String path =
        "/apis/%s/namespaces/%s/%s/%s/status"
            .formatted(
                kind.apiVersion,
                ApiRequest.segment(namespace),
                kind.resource,
                ApiRequest.segment(name));
    ObjectNode body = JSON.createObjectNode();
    ObjectNode metadata = body.putObject("metadata").put("uid", uid);
    metadata.putObject("annotations").put(Annotations.RETRY, version);
    return ApiRequest.patch(path, ApiRequest.MERGE_PATCH, body.toString());
  }

  /** For people. */
  String object() {
    return kind.word + " " + namespace + "/" + name;
  }
}
