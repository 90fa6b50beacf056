package gpu.kerf.extender.cluster.kubernetes.watching;

import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands events from the thread that reads a watch to the thread that owns the ledger, in order. The
 * reading thread waits when the owner falls behind.
 */
final class EventQueue {
  private static final int MOST_WAITING = 256;

  private final Executor loop;
  private final Threads threads;
  private int waiting;
  private int enough;
  private @Nullable CompletableFuture<Void> fewer;

  EventQueue(Executor loop, Threads threads) {
    this.loop = loop;
    this.threads = threads;
  }

  /**
   * @param failed is told, on the thread that owns the ledger, what the news threw
   */
  void hand(Runnable news, Consumer<Throwable> failed) throws InterruptedException {
    awaitAtMost(MOST_WAITING - 1);
    synchronized (this) {
      waiting++;
    }
    loop.execute(
        () -> {
          try {
            news.run();
          } catch (Throwable e) {
            failed.accept(e);
          } finally {
            taken();
          }
        });
  }

  /** Returns when everything that was handed over before has been taken in. */
  void drain() throws InterruptedException {
    awaitAtMost(0);
  }

  private void awaitAtMost(int most) throws InterruptedException {
    CompletableFuture<Void> stage;
    synchronized (this) {
      if (waiting <= most) {
        return;
      }
      enough = most;
      stage = new CompletableFuture<>();
      fewer = stage;
    }
    try {
      threads.await(stage);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private void taken() {
    CompletableFuture<Void> stage = null;
    synchronized (this) {
      waiting--;
      if (fewer != null && waiting <= enough) {
        stage = fewer;
        fewer = null;
      }
    }
    if (stage != null) {
      stage.complete(null);
    }
  }
}
