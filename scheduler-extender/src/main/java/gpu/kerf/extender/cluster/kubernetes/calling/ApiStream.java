package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A streamed answer of the API server: it continues line by line until one side ends it. */
public interface ApiStream extends AutoCloseable {

  /** Sends the request; null if the answer has begun, or else the refusal. */
  @Nullable ApiReply open() throws IOException;

  /**
   * The next line; null after the last one.
   *
   * @throws java.io.InterruptedIOException if none came for {@link ApiServer#silence()}
   */
  byte @Nullable [] next() throws IOException;

  /** Ends it from another thread; {@link #next} fails then. */
  void cancel();

  @Override
  void close();
}
