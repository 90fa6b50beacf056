package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ServerWithoutStreams;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** As much of an API server as a claim needs; a lost request fails as one without an answer. */
final class SmallClaimServer extends ServerWithoutStreams {
  static final String CLAIM = "/apis/resource.k8s.io/v1/namespaces/ml/resourceclaims/kerf-u";

  private static final ObjectMapper JSON = new ObjectMapper();

  final List<String> sent = new ArrayList<>();
  final ObjectNode pod = JSON.createObjectNode();
  @Nullable ObjectNode claim;
  boolean dropsField;

  /** As from Kubernetes 1.37 on: the field of a pod changes, and never goes. */
  boolean keepsField;

  /** What happens before a status is written, outside of the lock of the objects. */
  Runnable beforeStatus = () -> {};

  private int lost = -1;
  private boolean carriedOut;
  private int writes;

  SmallClaimServer() {
    pod.putObject("metadata").put("uid", "u");
    pod.putObject("spec");
    pod.putObject("status").put("phase", "Pending");
  }

  /** Loses one of the following writes, counted from 0. */
  void lose(int write, boolean after) {
    writes = 0;
    lost = write;
    carriedOut = after;
  }

  /** Another pod names the claim as well, and kube-scheduler has reserved it. */
  void claimUsedBy(String uid) {
    ObjectNode known = Objects.requireNonNull(claim);
    known.withObject("/status").withArray("reservedFor").addObject().put("uid", uid);
  }

  @Override
  public ApiReply send(ApiRequest request) throws IOException {
    if (request.path().endsWith("/status")) {
      beforeStatus.run();
    }
    return carryOut(request);
  }

  private synchronized ApiReply carryOut(ApiRequest request) throws IOException {
    sent.add(request.method() + " " + request.path());
    if (request.method().equals("GET")) {
      return read(request.path());
    }
    boolean lose = writes++ == lost;
    if (lose && !carriedOut) {
      throw new SocketTimeoutException("lost on its way");
    }
    ApiReply reply = write(request);
    if (lose) {
      throw new SocketTimeoutException("its answer is lost");
    }
    return reply;
  }

  private ApiReply read(String path) {
    if (path.endsWith("/deviceclasses")) {
      return reply(200, "{\"items\":[{\"metadata\":{\"name\":\"mig.nvidia.com\"},\"spec\":{}}]}");
    }
    if (path.equals(CLAIM)) {
      return claim == null ? reply(404, "{}") : reply(200, claim.toString());
    }
    return reply(200, pod.toString());
  }

  private ApiReply write(ApiRequest request) throws IOException {
    JsonNode body = JSON.readTree(request.body());
    switch (request.method()) {
      case "POST" -> {
        if (request.path().endsWith("/events")) {
          return reply(201, "{}");
        }
        if (claim != null) {
          return reply(409, "{\"message\":\"already exists\"}");
        }
        claim = (ObjectNode) body;
        claim.withObject("/metadata").put("uid", "c").put("resourceVersion", "1");
        return reply(201, claim.toString());
      }
      case "DELETE" -> {
        claim = null;
        return reply(200, "{}");
      }
      default -> {
        return request.path().startsWith(CLAIM) ? allocation(body) : field(body);
      }
    }
  }

  private ApiReply allocation(JsonNode body) {
    if (claim == null) {
      return reply(404, "{}");
    }
    boolean allocated = claim.at("/status/allocation").isObject();
    boolean clears = body.at("/status/allocation").isNull();
    if (allocated
        && !clears
        && !claim.at("/status/allocation").equals(body.at("/status/allocation"))) {
      return reply(422, "{\"message\":\"field is immutable\"}");
    }
    claim.set("status", clears ? JSON.createObjectNode() : body.path("status"));
    return reply(200, claim.toString());
  }

  private ApiReply field(JsonNode steps) {
    String now = pod.at("/status/extendedResourceClaimStatus/resourceClaimName").asText("");
    String wanted = steps.path(1).path("value").asText("");
    if (!now.equals(wanted.equals("null") ? "" : wanted)) {
      return reply(422, "{\"message\":\"testing path failed\"}");
    }
    ObjectNode status = pod.withObject("/status");
    if (steps.path(2).path("op").asText().equals("remove")) {
      if (!keepsField) {
        status.remove("extendedResourceClaimStatus");
      }
    } else if (!dropsField) {
      status.set("extendedResourceClaimStatus", steps.path(2).path("value"));
    }
    return reply(200, pod.toString());
  }

  private static ApiReply reply(int status, String body) {
    return new ApiReply(status, body.getBytes(StandardCharsets.UTF_8));
  }
}
