package gpu.kerf.extender.cluster.kubernetes.calling;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of this JVM, as daemons. */
public final class JvmThreads implements Threads {
  private static final Logger LOG = LoggerFactory.getLogger(JvmThreads.class);

  /** EX_SOFTWARE of sysexits.h. */
  private static final int EXIT = 70;

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

  @Override
  public void end(String why, @Nullable Throwable failure) {
    try {
      LOG.error(
          "{} This process ends, so that another one begins with a fresh list.", why, failure);
    } finally {
      // No shutdown hook: it might wait for a thread that is no more.
      Runtime.getRuntime().halt(EXIT);
    }
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
