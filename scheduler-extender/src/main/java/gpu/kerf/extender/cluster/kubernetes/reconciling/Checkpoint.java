package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.watching.WatchProgress;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A version of the history of pods, kept in a ConfigMap of Kerf's namespace: every pod whose object
 * went away before it has surely ended. A replica that was away needs to hear what was deleted
 * after it.
 *
 * <p>The ConfigMap is there before Kerf is, so that Kerf needs no right to create one.
 */
public final class Checkpoint {
  /** The name of the ConfigMap. */
  static final String NAME = "kerf-checkpoint";

  private static final String VERSION = "podVersion";
  private static final String GRACE = "longestGraceSeconds";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CONFLICT = 409;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;

  private final ApiServer server;
  private final String path;

  /**
   * What is written.
   *
   * @param version of pods; -1 if none is written
   * @param graceSeconds the longest grace period among the pods that were known
   */
  record Mark(long version, long graceSeconds) {
    static final Mark NONE = new Mark(-1, 0);
  }

  /**
   * @param object the version of the ConfigMap
   */
  private record Stored(Mark mark, String object) {}

  public Checkpoint(ApiServer server, String namespace) {
    this.server = server;
    this.path = "/api/v1/namespaces/" + ApiRequest.segment(namespace) + "/configmaps/" + NAME;
  }

  /** Null if there is no such ConfigMap, or if Kerf may not read it. */
  @Nullable Mark read() throws IOException {
    Stored stored = stored();
    return stored == null ? null : stored.mark;
  }

  private @Nullable Stored stored() throws IOException {
    ApiReply reply = server.send(ApiRequest.get(path, Map.of()));
    if (reply.status() == NOT_FOUND || reply.status() == FORBIDDEN) {
      return null;
    }
    JsonNode object = checked(reply).json();
    JsonNode data = object.path("data");
    Mark mark =
        new Mark(
            WatchProgress.number(data.path(VERSION).asText("")),
            Math.max(0, WatchProgress.number(data.path(GRACE).asText(""))));
    return new Stored(mark, object.at("/metadata/resourceVersion").asText(""));
  }

  /**
   * Writes a mark. Of two versions the newer one stays, and the grace period that comes with it;
   * but a longer one of an older mark is kept, for that replica may know pods that the other does
   * not know yet.
   *
   * @return what is written now; null if there is no such ConfigMap, or if another replica was
   *     faster
   */
  @Nullable Mark write(Mark wanted) throws IOException {
    Stored stored = stored();
    if (stored == null) {
      return null;
    }
    Mark mark =
        stored.mark.version > wanted.version
            ? new Mark(stored.mark.version, Math.max(stored.mark.graceSeconds, wanted.graceSeconds))
            : wanted;
    if (stored.mark.equals(mark)) {
      return mark;
    }
    ObjectNode patch = JSON.createObjectNode();
    patch.putObject("metadata").put("resourceVersion", stored.object);
    patch.putObject("data").put(VERSION, "" + mark.version).put(GRACE, "" + mark.graceSeconds);
    ApiReply reply = server.send(ApiRequest.patch(path, ApiRequest.MERGE_PATCH, patch.toString()));
    if (reply.status() == CONFLICT) {
      return null;
    }
    checked(reply);
    return mark;
  }

  private static ApiReply checked(ApiReply reply) throws IOException {
    if (!reply.ok()) {
      throw new IOException(reply.status() + ": " + reply.problem());
    }
    return reply;
  }
}
