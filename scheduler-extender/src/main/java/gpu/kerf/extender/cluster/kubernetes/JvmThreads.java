package gpu.kerf.extender.cluster.kubernetes;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads of this JVM, as daemons. */
public final class JvmThreads implements Threads {
  private static final long IDLE_SECONDS = 30;
  private static final long CLOSE_SECONDS = 3;

  @Override
  public Running start(String name, Runnable work) {
    Thread thread = Daemons.named(name).newThread(work);
    thread.start();
    return thread::interrupt;
  }

  @Override
  public void sleep(Duration pause) throws InterruptedException {
    Thread.sleep(pause.toMillis());
  }

  @Override
  public <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
    return stage.toCompletableFuture().get();
  }

  @Override
  public Pool pool(String name, int threads, int mostWaiting) {
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(mostWaiting),
            Daemons.named(name));
    workers.allowCoreThreadTimeOut(true);
    return new JvmPool(workers);
  }

  private record JvmPool(ThreadPoolExecutor workers) implements Pool {

    @Override
    public void execute(Runnable task) {
      workers.execute(task);
    }

    @Override
    public int waiting() {
      return workers.getQueue().size();
    }

    @Override
    public void close() {
      workers.shutdown();
      try {
        if (!workers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
          workers.shutdownNow();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        workers.shutdownNow();
      }
    }
  }
}
