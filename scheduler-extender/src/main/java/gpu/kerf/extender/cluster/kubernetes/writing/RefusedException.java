package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import java.io.IOException;

/** The API server has answered, and refused a request. */
final class RefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient ApiReply reply;

  RefusedException(ApiReply reply) {
    super(reply.problem());
    this.reply = reply;
  }

  ApiReply reply() {
    return reply;
  }
}
