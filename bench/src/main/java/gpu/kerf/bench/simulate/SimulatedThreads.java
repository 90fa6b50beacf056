package gpu.kerf.bench.simulate;

import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The threads of one process. */
final class SimulatedThreads implements Threads {
  private static final long START = 20_000;

  private final VirtualTime timeline;
  private final Fibers fibers;
  private final SimulatedProcess process;
  private final Consumer<String> ended;

  /**
   * @param ended is told why the process ends itself
   */
  SimulatedThreads(
      VirtualTime timeline, Fibers fibers, SimulatedProcess process, Consumer<String> ended) {
    this.ended = ended;
    this.timeline = timeline;
    this.fibers = fibers;
    this.process = process;
  }

  @Override
  public Running start(String name, Runnable work) {
    Fibers.Fiber fiber = fibers.start(process, START, work);
    return () -> fibers.interrupt(fiber);
  }

  @Override
  public void sleep(Duration pause) throws InterruptedException {
    Fibers.Parked parked = fibers.prepare();
    timeline.resumeAfter(pause.toNanos(), process, parked);
    fibers.park(parked);
  }

  @Override
  public <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
    var future = stage.toCompletableFuture();
    if (!future.isDone()) {
      Fibers.Parked parked = fibers.prepare();
      stage.whenComplete((result, failure) -> timeline.resumeAfter(0, process, parked));
      fibers.park(parked);
    }
    return future.get();
  }

  /** Ends the process, because it cannot rely on itself any more. */
  @Override
  public void end(String why, @Nullable Throwable failure) {
    if (!process.isDead()) {
      ended.accept(why + " " + failure);
    }
    if (fibers.isInFiber()) {
      throw new Fibers.Killed();
    }
  }

  @Override
  public Pool pool(String name, int threads, int mostWaiting) {
    return new SimulatedPool(threads, mostWaiting);
  }

  private final class SimulatedPool implements Pool {
    private final int most;
    private final int mostWaiting;
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private int busy;
    private boolean closed;

    SimulatedPool(int most, int mostWaiting) {
      this.most = most;
      this.mostWaiting = mostWaiting;
    }

    @Override
    public void execute(Runnable task) {
      if (closed || (busy >= most && tasks.size() >= mostWaiting)) {
        throw new RejectedExecutionException("The pool takes no more.");
      }
      tasks.add(task);
      if (busy < most) {
        busy++;
        fibers.start(process, START, this::work);
      }
    }

    private void work() {
      try {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
      } finally {
        busy--;
      }
    }

    @Override
    public int waiting() {
      return tasks.size();
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
