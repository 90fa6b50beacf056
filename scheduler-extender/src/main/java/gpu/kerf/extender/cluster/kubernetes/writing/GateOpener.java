package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RateLimiter;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.team.TurnGate;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletionStage;

/**
 * Takes Kerf's scheduling gate off pods.
 *
 * <p>It is a strategic merge patch that names the gate. The API server applies it to the pod as it
 * is at that moment, so that gates of others stay and no change of others is lost. The policy
 * {@code kerf-gate} of the manifests lets Kerf's account change nothing else of a pod.
 */
public final class GateOpener {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int INVALID = 422;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;

  private final RequestPool requests;
  private final RateLimiter rate;

  public GateOpener(RequestPool requests, RateLimiter rate) {
    this.requests = requests;
    this.rate = rate;
  }

  public CompletionStage<GateResult> open(PodView.Ref pod) {
    return requests
        .start(server -> send(server, pod))
        .exceptionally(failure -> new GateResult(GateResult.Kind.FAILED, String.valueOf(failure)));
  }

  private GateResult send(ApiServer server, PodView.Ref pod) throws IOException {
    try {
      rate.await();
      String path = ApiRequest.pod(pod.namespace(), pod.name());
      return result(server.send(ApiRequest.patch(path, ApiRequest.STRATEGIC_PATCH, body(pod))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Kerf stops.");
    } catch (IllegalArgumentException e) {
      return new GateResult(GateResult.Kind.GONE, String.valueOf(e.getMessage()));
    }
  }

  private static GateResult result(ApiReply reply) {
    if (reply.ok()) {
      return GateResult.OPENED;
    }
    GateResult.Kind kind =
        switch (reply.status()) {
          case NOT_FOUND -> GateResult.Kind.GONE;
          // The API server tries again after a change of others; it gives up if they do not end.
          case CONFLICT, TOO_MANY_REQUESTS -> GateResult.Kind.FAILED;
          case INVALID -> isOtherPod(reply) ? GateResult.Kind.GONE : GateResult.Kind.REFUSED;
          default ->
              reply.status() >= SERVER_ERRORS ? GateResult.Kind.FAILED : GateResult.Kind.REFUSED;
        };
    return new GateResult(kind, reply.problem());
  }

  /** To write the uid of a pod that is gone onto the one of its name is to change the uid. */
  private static boolean isOtherPod(ApiReply reply) {
    for (JsonNode cause : reply.details().path("details").path("causes")) {
      if (cause.path("field").asText("").equals("metadata.uid")) {
        return true;
      }
    }
    return false;
  }

  private static String body(PodView.Ref pod) {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("uid", pod.uid());
    body.putObject("spec")
        .putArray("schedulingGates")
        .addObject()
        .put("$patch", "delete")
        .put("name", TurnGate.NAME);
    return body.toString();
  }
}
