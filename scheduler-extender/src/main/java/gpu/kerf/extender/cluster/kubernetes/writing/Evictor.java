package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Evicts through the eviction API, which keeps the disruption budgets.
 *
 * <p>Afterwards the pod's condition names {@code PreemptionByScheduler} as the reason: while a pod
 * with that reason terminates, kube-scheduler lets the preemptor wait and evicts no other pod. The
 * eviction API overwrites any earlier reason with its own.
 */
public final class Evictor {
  private static final Logger LOG = LoggerFactory.getLogger(Evictor.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int TOO_MANY_REQUESTS = 429;

  private Evictor() {}

  /**
   * Evicts a pod.
   *
   * @param atOnce whether the pod has no grace period. It gets a second, so that its object stays
   *     until the kubelet has said that its containers have ended: only then its GPUs are free.
   */
  public static EvictResult evict(
      ApiServer server, Eviction eviction, boolean atOnce, Instant now) {
    PodView.Ref pod = eviction.pod();
    try {
      String path = ApiRequest.pod(pod.namespace(), pod.name());
      ApiReply reply = server.send(ApiRequest.post(path + "/eviction", body(pod, atOnce)));
      EvictResult result = result(reply);
      if (result.kind() == EvictResult.Kind.EVICTED) {
        condition(server, path, eviction, now);
      }
      return result;
    } catch (IllegalArgumentException e) {
      return new EvictResult(EvictResult.Kind.GONE, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new EvictResult(EvictResult.Kind.FAILED, String.valueOf(e.getMessage()));
    }
  }

  private static EvictResult result(ApiReply reply) {
    if (reply.ok()) {
      return EvictResult.EVICTED;
    }
    EvictResult.Kind kind =
        switch (reply.status()) {
          // A conflict is about the uid: the pod that was meant is gone.
          case NOT_FOUND, CONFLICT -> EvictResult.Kind.GONE;
          case TOO_MANY_REQUESTS ->
              isBudget(reply) ? EvictResult.Kind.BLOCKED : EvictResult.Kind.FAILED;
          default -> EvictResult.Kind.FAILED;
        };
    return new EvictResult(kind, reason(reply));
  }

  /** An API server that is busy answers with the same status. */
  private static boolean isBudget(ApiReply reply) {
    for (var cause : reply.details().path("details").path("causes")) {
      if (cause.path("reason").asText("").equals("DisruptionBudget")) {
        return true;
      }
    }
    return false;
  }

  private static String reason(ApiReply reply) {
    StringBuilder text = new StringBuilder(reply.problem());
    for (var cause : reply.details().path("details").path("causes")) {
      text.append(' ').append(cause.path("message").asText(""));
    }
    return text.toString().strip();
  }

  private static String body(PodView.Ref pod, boolean atOnce) {
    ObjectNode body = JSON.createObjectNode().put("apiVersion", "policy/v1");
    body.put("kind", "Eviction");
    body.putObject("metadata").put("name", pod.name()).put("namespace", pod.namespace());
    ObjectNode options = body.putObject("deleteOptions");
    options.putObject("preconditions").put("uid", pod.uid());
    if (atOnce) {
      options.put("gracePeriodSeconds", 1);
    }
    return body.toString();
  }

  /** Writes the node that kube-scheduler is to try first; false if that did not go well. */
  public static boolean nominate(ApiServer server, PodView.Ref pod, String node)
      throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("uid", pod.uid());
    body.putObject("status").put("nominatedNodeName", node);
    String path = ApiRequest.pod(pod.namespace(), pod.name()) + "/status";
    return server.send(ApiRequest.patch(path, ApiRequest.MERGE_PATCH, body.toString())).ok();
  }

  /** Any change of a pending pod, also of its status, makes kube-scheduler try it again. */
  public static boolean nudge(ApiServer server, PodView.Ref pod, Instant now) throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("uid", pod.uid());
    body.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "kerf.gpu/RoomMade")
        .put("status", "True")
        .put("reason", "RoomMade")
        .put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    String path = ApiRequest.pod(pod.namespace(), pod.name()) + "/status";
    return server.send(ApiRequest.patch(path, ApiRequest.STRATEGIC_PATCH, body.toString())).ok();
  }

  /** A pod without a grace period is gone by now, and needs none. */
  private static void condition(ApiServer server, String path, Eviction eviction, Instant now)
      throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("uid", eviction.pod().uid());
    body.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "DisruptionTarget")
        .put("status", "True")
        .put("reason", "PreemptionByScheduler")
        .put("message", eviction.message())
        .put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    ApiReply reply =
        server.send(
            ApiRequest.patch(path + "/status", ApiRequest.STRATEGIC_PATCH, body.toString()));
    if (!reply.ok() && reply.status() != NOT_FOUND && reply.status() != CONFLICT) {
      LOG.warn("The reason of an eviction could not be written: {}", reply.problem());
    }
  }
}
