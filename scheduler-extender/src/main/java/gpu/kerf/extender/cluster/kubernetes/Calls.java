package gpu.kerf.extender.cluster.kubernetes;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs requests on a bounded number of threads; beyond that they wait, and beyond that they fail.
 */
final class Calls implements AutoCloseable {
  private static final int MOST_WAITING = 4_096;

  private final ApiServer server;
  private final ThreadPoolExecutor workers;

  Calls(ApiServer server, int threads, String name) {
    this.server = server;
    this.workers =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            Daemons.named(name));
    workers.allowCoreThreadTimeOut(true);
  }

  /** What turns a request into a result; may block. */
  @FunctionalInterface
  interface Work<T> {
    T run(ApiServer server) throws IOException;
  }

  /** Fails with what the work throws, and at once where too many wait already. */
  <T> CompletionStage<T> start(Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      workers.execute(
          () -> {
            try {
              result.complete(work.run(server));
            } catch (IOException | RuntimeException e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException full) {
      result.completeExceptionally(full);
    }
    return result;
  }

  /** How many wait for a thread. */
  int waiting() {
    return workers.getQueue().size();
  }

  /** Lets what is under way end, and takes no more. */
  @Override
  public void close() {
    workers.shutdown();
    try {
      if (!workers.awaitTermination(3, TimeUnit.SECONDS)) {
        workers.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      workers.shutdownNow();
    }
  }
}
