package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.LockResult;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * HAMi's lock on a node: an annotation {@code time,namespace,name}. Its schedulers take it before
 * they bind a pod, its device plugin serves the pod that it names, and releases it.
 *
 * <p>Kerf takes over a lock that no program will release: one that is older than HAMi's limit, that
 * is invalid, whose pod is gone, has ended, is on another node or has been served, or that Kerf
 * took for a pod that it then did not bind.
 */
public final class NodeLock {
  static final String ANNOTATION = "hami.io/mutex.lock";
  private static final String PHASE = "hami.io/bind-phase";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CONFLICT = 409;
  private static final int ATTEMPTS = 4;

  /** HAMi's own default. */
  private static final Duration EXPIRY = Duration.ofMinutes(5);

  /** By then a binding that Kerf began has been carried out, or never will be. */
  private static final Duration BINDING = Duration.ofSeconds(70);

  /**
   * A plugin that has served its pod unlocks the node next; older ones without a look at whose lock
   * it is.
   */
  private static final Duration UNLOCKING = Duration.ofSeconds(10);

  private final String schedulerName;

  /** Who holds it, since when. */
  private record Held(Instant since, String namespace, String name) {
    boolean by(PodView.Ref pod) {
      return namespace.equals(pod.namespace()) && name.equals(pod.name());
    }
  }

  public NodeLock(String schedulerName) {
    this.schedulerName = schedulerName;
  }

  public LockResult take(ApiServer server, String node, PodView.Ref pod, Instant now)
      throws IOException {
    String mine = now.truncatedTo(ChronoUnit.SECONDS) + "," + pod.namespace() + "," + pod.name();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      JsonNode metadata = read(server, node);
      String written = metadata.path("annotations").path(ANNOTATION).asText("");
      if (!written.isEmpty()) {
        Held held = parse(written);
        if (held != null && held.by(pod)) {
          return LockResult.TAKEN;
        }
        if (held != null && !isLeft(server, node, held, now)) {
          return LockResult.BUSY;
        }
      }
      if (write(server, node, metadata, mine)) {
        return LockResult.TAKEN;
      }
    }
    return LockResult.BUSY;
  }

  public void release(ApiServer server, String node, PodView.Ref pod) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      JsonNode metadata = read(server, node);
      Held held = parse(metadata.path("annotations").path(ANNOTATION).asText(""));
      if (held == null || !held.by(pod) || write(server, node, metadata, null)) {
        return;
      }
    }
  }

  private static JsonNode read(ApiServer server, String node) throws IOException {
    ApiReply reply = server.send(ApiRequest.get(path(node), Map.of()));
    if (!reply.ok()) {
      throw new IOException(reply.problem());
    }
    return reply.json().path("metadata");
  }

  private static String path(String node) {
    return "/api/v1/nodes/" + ApiRequest.segment(node);
  }

  /** False if the node has changed since it was read. */
  private static boolean write(
      ApiServer server, String node, JsonNode metadata, @Nullable String value) throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata")
        .put("resourceVersion", metadata.path("resourceVersion").asText(""))
        .putObject("annotations")
        .put(ANNOTATION, value);
    ApiReply reply =
        server.send(ApiRequest.patch(path(node), ApiRequest.MERGE_PATCH, body.toString()));
    if (!reply.ok() && reply.status() != CONFLICT) {
      throw new IOException(reply.problem());
    }
    return reply.ok();
  }

  /** Null if it makes no sense. The oldest form is a time alone. */
  private static @Nullable Held parse(String written) {
    String[] parts = written.split(",", -1);
    try {
      Instant since = OffsetDateTime.parse(parts[0]).toInstant();
      return switch (parts.length) {
        case 1 -> new Held(since, "", "");
        case 3 -> new Held(since, parts[1], parts[2]);
        default -> null;
      };
    } catch (DateTimeException e) {
      return null;
    }
  }

  private boolean isLeft(ApiServer server, String node, Held held, Instant now) throws IOException {
    Duration age = Duration.between(held.since, now);
    if (age.compareTo(EXPIRY) > 0) {
      return true;
    }
    if (held.name.isEmpty()) {
      return false;
    }
    PodView pod = find(server, held).orElse(null);
    if (pod == null || pod.phase() == PodView.Phase.OVER) {
      return true;
    }
    if (pod.isBound()) {
      String phase = pod.annotation(PHASE);
      boolean served = phase.equals("success") || phase.equals("failed");
      return !pod.nodeName().equals(node) || (served && age.compareTo(UNLOCKING) > 0);
    }
    return pod.schedulerName().equals(schedulerName) && age.compareTo(BINDING) > 0;
  }

  private static Optional<PodView> find(ApiServer server, Held held) throws IOException {
    try {
      return Binder.read(server, new PodView.Ref(held.namespace, held.name, ""));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
