package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ServerWithoutStreams;
import java.util.ArrayList;
import java.util.List;

/** Answers every request with the same status, and keeps what it was asked. */
final class AnsweringServer extends ServerWithoutStreams {
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
  public ApiReply send(ApiRequest request) {
    sent.add(request);
    return new ApiReply(status, new byte[] {'{', '}'});
  }
}
