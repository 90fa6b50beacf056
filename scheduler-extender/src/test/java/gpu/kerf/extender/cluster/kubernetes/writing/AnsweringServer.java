package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Answers every request with the same status, and keeps what it was asked. */
final class AnsweringServer implements ApiServer {
  private final List<ApiRequest> sent = new ArrayList<>();
  private int status = 200;

  /** From now on it answers with this status. */
  void answer(int code) {
    status = code;
  }

  List<ApiRequest> sent() {
    return sent;
  }

  @Override
  public String address() {
    return "test";
  }

  @Override
  public ApiReply send(ApiRequest request) {
    sent.add(request);
    return new ApiReply(status, new byte[] {'{', '}'});
  }

  @Override
  public ApiReply send(ApiRequest request, Duration limit) {
    return send(request);
  }

  @Override
  public ApiStream stream(ApiRequest request) throws IOException {
    throw new IOException("there are no streams");
  }

  @Override
  public Duration silence() {
    return Duration.ofSeconds(1);
  }

  @Override
  public void close() {}
}
