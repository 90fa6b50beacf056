package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.objects.PodSink;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.Map;
import java.util.Optional;

/** Writes bindings, and reads pods where it is not clear what became of one. */
public final class Binder {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int SERVER_ERRORS = 500;

  private Binder() {}

  /**
   * Carries nodeName and annotations in one transaction, for exactly this uid. The API server gives
   * it up after {@link BindingLease#CALL}.
   */
  public static BindResult bind(ApiServer server, Binding binding) {
    PodView.Ref pod = binding.pod();
    try {
      String path = ApiRequest.pod(pod.namespace(), pod.name()) + "/binding";
      return result(server.send(ApiRequest.post(path, body(binding)).within(BindingLease.CALL)));
    } catch (IllegalArgumentException e) {
      return new BindResult(BindResult.Kind.NOT_FOUND, String.valueOf(e.getMessage()));
    } catch (ConnectException e) {
      // It never left this machine.
      return new BindResult(BindResult.Kind.REFUSED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new BindResult(BindResult.Kind.UNKNOWN, String.valueOf(e.getMessage()));
    }
  }

  private static BindResult result(ApiReply reply) {
    if (reply.ok()) {
      return BindResult.BOUND;
    }
    BindResult.Kind kind =
        switch (reply.status()) {
          case NOT_FOUND -> BindResult.Kind.NOT_FOUND;
          case CONFLICT -> BindResult.Kind.CONFLICT;
          default ->
              reply.status() >= SERVER_ERRORS ? BindResult.Kind.UNKNOWN : BindResult.Kind.REFUSED;
        };
    return new BindResult(kind, reply.problem());
  }

  private static String body(Binding binding) {
    ObjectNode body = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Binding");
    ObjectNode metadata = body.putObject("metadata");
    metadata.put("name", binding.pod().name()).put("namespace", binding.pod().namespace());
    metadata.put("uid", binding.pod().uid());
    ObjectNode annotations = metadata.putObject("annotations");
    for (Map.Entry<String, String> each : binding.annotations().entrySet()) {
      annotations.put(each.getKey(), each.getValue());
    }
    body.putObject("target")
        .put("apiVersion", "v1")
        .put("kind", "Node")
        .put("name", binding.node());
    return body.toString();
  }

  /** What the API server itself says of a pod. */
  public static Optional<PodView> read(ApiServer server, PodView.Ref pod) throws IOException {
    ApiReply reply =
        server.send(ApiRequest.get(ApiRequest.pod(pod.namespace(), pod.name()), Map.of()));
    if (reply.status() == NOT_FOUND) {
      return Optional.empty();
    }
    if (!reply.ok()) {
      throw new IOException(reply.problem());
    }
    try {
      return Optional.of(PodSink.parse(new JsonSlice(reply.body(), 0, reply.body().length)));
    } catch (WireException e) {
      throw new IOException("The pod cannot be read.", e);
    }
  }
}
