package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.IOException;
import java.time.Duration;

/** What servers of tests that only answer requests have in common. */
public abstract class ServerWithoutStreams implements ApiServer {
  @Override
  public String address() {
    return "test";
  }

  @Override
  public ApiReply send(ApiRequest request, Duration limit) throws IOException {
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
