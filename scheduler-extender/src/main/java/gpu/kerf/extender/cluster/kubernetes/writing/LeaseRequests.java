package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/**
 * Reads and writes the Lease of {@link BindingLease}; every request blocks its thread. A write is a
 * patch with the resourceVersion that it stands on: it fails if the object has changed, and leaves
 * labels of others alone.
 *
 * @param lasts how long it lasts after it was written
 * @param identity of this process; the one before a restart had another
 */
public record LeaseRequests(
    String namespace, String name, Duration lasts, String identity, Clocks clocks) {

  /** The Lease that one replica at a time holds to bind. */
  public static LeaseRequests toBind(String namespace, String identity, Clocks clocks) {
    return new LeaseRequests(namespace, "kerf-binding", BindingLease.DURATION, identity, clocks);
  }

  /** The Lease of the replica that gives turns to teams. */
  public static LeaseRequests toGiveTurns(String namespace, String identity, Clocks clocks) {
    return new LeaseRequests(namespace, "kerf-turns", TurnLease.DURATION, identity, clocks);
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The API server wants exactly six digits behind the second. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int TOO_MANY = 429;
  private static final int SERVER_ERRORS = 500;

  /** What a request found or did. */
  enum Outcome {
    FOUND,
    MISSING,
    WRITTEN,
    CREATED,
    /** And the next one will be, too. */
    REFUSED
  }

  /**
   * What came of a request.
   *
   * @param sent when it was about to be sent
   */
  record Seen(
      Outcome outcome, String version, String holder, long seconds, Sent sent, String problem) {}

  /** A moment on both clocks. */
  record Sent(long nanos, long wall) {}

  private String path() {
    return "/apis/coordination.k8s.io/v1/namespaces/" + ApiRequest.segment(namespace) + "/leases";
  }

  private String object() {
    return path() + "/" + name;
  }

  Seen read(ApiServer server) throws IOException {
    ApiReply reply = send(server, ApiRequest.get(object(), Map.of()));
    if (reply.status() == NOT_FOUND) {
      return new Seen(Outcome.MISSING, "", "", 0, sent(), "");
    }
    return reply.ok() ? seen(Outcome.FOUND, reply, sent()) : refusal(reply);
  }

  Seen write(ApiServer server, String known, String next) throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("resourceVersion", known);
    body.set("spec", spec(next));
    Sent sent = sent();
    ApiReply reply =
        send(server, ApiRequest.patch(object(), ApiRequest.MERGE_PATCH, body.toString()));
    if (reply.status() == CONFLICT || reply.status() == NOT_FOUND) {
      return read(server);
    }
    return reply.ok() ? seen(Outcome.WRITTEN, reply, sent) : refusal(reply);
  }

  Seen create(ApiServer server) throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    body.putObject("metadata").put("name", name).put("namespace", namespace);
    body.set("spec", spec(identity));
    Sent sent = sent();
    ApiReply reply = send(server, ApiRequest.post(path(), body.toString()));
    if (reply.status() == CONFLICT) {
      return read(server);
    }
    return reply.ok() ? seen(Outcome.CREATED, reply, sent) : refusal(reply);
  }

  private static ApiReply send(ApiServer server, ApiRequest request) throws IOException {
    return server.send(request.within(BindingLease.CALL));
  }

  private ObjectNode spec(String next) {
    String time = TIME.format(clocks.wall().instant());
    return JSON.createObjectNode()
        .put("holderIdentity", next)
        .put("leaseDurationSeconds", lasts.toSeconds())
        .put("renewTime", time);
  }

  private Sent sent() {
    return new Sent(clocks.nanos().getAsLong(), clocks.wall().millis());
  }

  private static Seen seen(Outcome outcome, ApiReply reply, Sent sent) throws IOException {
    JsonNode lease = reply.json();
    String version = lease.at("/metadata/resourceVersion").asText("");
    String holder = lease.at("/spec/holderIdentity").asText("");
    return new Seen(
        outcome, version, holder, lease.at("/spec/leaseDurationSeconds").asLong(0), sent, "");
  }

  private Seen refusal(ApiReply reply) throws IOException {
    if (reply.status() == TOO_MANY || reply.status() >= SERVER_ERRORS) {
      throw new IOException(reply.problem());
    }
    String text =
        "The Lease %s/%s cannot be used, and without it Kerf binds no pod and gives no turn: %s"
            .formatted(namespace, name, reply.problem());
    return new Seen(Outcome.REFUSED, "", "", 0, sent(), text);
  }
}
