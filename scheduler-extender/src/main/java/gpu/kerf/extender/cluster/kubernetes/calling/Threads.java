package gpu.kerf.extender.cluster.kubernetes.calling;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Threads and pauses: those of the JVM, or those of a simulation, which lets one thread run at a
 * time and knows what every other thread waits for. The adapter blocks only here and in an {@link
 * ApiServer}.
 */
public interface Threads {

  /** Starts work on a thread of its own, which does not keep the program running. */
  Running start(String name, Runnable work);

  void sleep(Duration pause) throws InterruptedException;

  /** Blocks until a stage is complete. */
  <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException;

  /**
   * Runs tasks on a bounded number of threads; beyond that they wait, and beyond {@code
   * mostWaiting} they are rejected.
   */
  Pool pool(String name, int threads, int mostWaiting);

  /**
   * Ends the process, because nothing can be relied on any more: another one starts with a fresh
   * list. A simulation ends the replica instead.
   *
   * @param why in a sentence
   */
  default void end(String why, @Nullable Throwable failure) {
    throw new IllegalStateException(why, failure);
  }

  /** A thread that was started. */
  interface Running {
    void interrupt();
  }

  /** A bounded number of threads. */
  interface Pool extends Executor, AutoCloseable {

    /** How many tasks wait for a thread. */
    int waiting();

    /** Lets running tasks end for a while, and takes no more. */
    @Override
    void close();
  }
}
