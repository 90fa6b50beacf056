package gpu.kerf.extender.cluster.kubernetes.calling;

import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task on a thread that must not end while the service runs: a watch whose thread has died looks
 * synced but receives no events. If the task ends, the process ends too.
 */
public final class GuardedTask implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedTask.class);

  private final String name;
  private final Runnable work;
  private final Threads threads;
  private final BooleanSupplier stopping;

  public GuardedTask(String name, Runnable work, Threads threads, BooleanSupplier stopping) {
    this.name = name;
    this.work = work;
    this.threads = threads;
    this.stopping = stopping;
  }

  @Override
  public void run() {
    Throwable failure = null;
    try {
      work.run();
    } catch (Throwable e) {
      failure = e;
    }
    if (!stopping.getAsBoolean()) {
      threads.end("The thread " + name + " ended.", failure);
    } else if (failure != null) {
      LOG.debug("The thread {} ended while the service stops.", name, failure);
    }
  }

  /** Whether nothing of this process can be relied on any more. */
  public static boolean isFatal(Throwable failure) {
    return failure instanceof Error && !(failure instanceof StackOverflowError);
  }
}
