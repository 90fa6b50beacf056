package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.IOException;
import java.time.Duration;

/**
 * The API server as requests and answers in bytes: a real one over HTTP, or a simulated one. Every
 * call blocks its thread, and every call has a time limit.
 */
public interface ApiServer extends AutoCloseable {

  /** Where it is. */
  String address();

  ApiReply send(ApiRequest request) throws IOException;

  /** The same for a request that may take longer, as lists do. */
  ApiReply send(ApiRequest request, Duration limit) throws IOException;

  /** A request whose answer goes on until one side ends it; it is sent when it is opened. */
  ApiStream stream(ApiRequest request) throws IOException;

  /** After how long without a line a stream is given up. */
  Duration silence();

  @Override
  void close();
}
