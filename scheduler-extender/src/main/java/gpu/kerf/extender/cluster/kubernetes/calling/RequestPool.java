package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs requests on a bounded number of threads. Further requests wait in a bounded queue, and when
 * it is full, requests fail.
 */
public final class RequestPool implements AutoCloseable {
  private static final int MOST_WAITING = 4_096;

  private final ApiServer server;
  private final Threads threads;
  private final Threads.Pool workers;

  public RequestPool(ApiServer server, Threads threads, int most, String name) {
    this.server = server;
    this.threads = threads;
    this.workers = threads.pool(name, most, MOST_WAITING);
  }

  /** What turns a request into a result; may block. */
  @FunctionalInterface
  public interface Work<T> {
    T run(ApiServer server) throws IOException;
  }

  /** Fails with what the work throws, and at once where too many wait already. */
  public <T> CompletionStage<T> start(Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      workers.execute(
          () -> {
            try {
              result.complete(work.run(server));
            } catch (Throwable e) {
              result.completeExceptionally(e);
              if (GuardedTask.isFatal(e)) {
                threads.end("A request to the API server failed.", e);
              }
            }
          });
    } catch (RejectedExecutionException full) {
      result.completeExceptionally(full);
    }
    return result;
  }

  /** How many wait for a thread. */
  int waiting() {
    return workers.waiting();
  }

  /** Lets what is under way end, and takes no more. */
  @Override
  public void close() {
    workers.close();
  }
}
