package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Runs two tasks at a time, and returns when both have ended. */
@FunctionalInterface
public interface TwoAtATime {

  /** One after the other, on the calling thread. */
  TwoAtATime IN_TURN =
      (first, second) -> {
        first.run();
        second.run();
      };

  /** Neither task throws. */
  void run(Runnable first, Runnable second) throws InterruptedIOException;

  /** The first on the calling thread, the second on one of a pool. */
  static TwoAtATime on(Threads threads, Threads.Pool pool) {
    return (first, second) -> {
      CompletableFuture<Void> other = CompletableFuture.runAsync(second, pool);
      first.run();
      try {
        threads.await(other);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("It ended while a request was under way.");
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    };
  }
}
