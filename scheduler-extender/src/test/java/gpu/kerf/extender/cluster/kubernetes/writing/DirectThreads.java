package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** Runs every task of a pool where it is handed over, and keeps pauses instead of making them. */
final class DirectThreads implements Threads {
  private final Threads next = new JvmThreads();
  private final List<Runnable> held = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private boolean holding;

  /** From now on tasks wait until they are let go. */
  void hold() {
    holding = true;
  }

  void letGo() {
    holding = false;
    List.copyOf(held).forEach(Runnable::run);
    held.clear();
  }

  List<Duration> pauses() {
    return pauses;
  }

  @Override
  public Running start(String name, Runnable work) {
    return next.start(name, work);
  }

  @Override
  public void sleep(Duration pause) {
    pauses.add(pause);
  }

  @Override
  public <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
    return next.await(stage);
  }

  @Override
  public Pool pool(String name, int threads, int mostWaiting) {
    return new Pool() {
      @Override
      public int waiting() {
        return held.size();
      }

      @Override
      public void execute(Runnable task) {
        if (holding) {
          held.add(task);
        } else {
          task.run();
        }
      }

      @Override
      public void close() {}
    };
  }
}
