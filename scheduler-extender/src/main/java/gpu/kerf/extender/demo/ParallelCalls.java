package gpu.kerf.extender.demo;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Makes the calls of a gang on as many connections as it has pods. A call is sent when the one
 * before it is known to wait at the service, so that they come in the same order in every run.
 */
final class ParallelCalls implements GangCalls, Closeable {
  private static final long LOOK_NANOS = 200_000;

  private final Supplier<Extender> connect;
  private final LongSupplier waiting;
  private final List<Extender> connections = new ArrayList<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "bind call");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param waiting how many bind calls wait at the service for others
   */
  ParallelCalls(Supplier<Extender> connect, LongSupplier waiting) {
    this.connect = connect;
    this.waiting = waiting;
  }

  @Override
  public List<String> bind(List<Run> pods, List<String> nodes) {
    while (connections.size() < pods.size()) {
      connections.add(connect.get());
    }
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < pods.size(); i++) {
      Extender connection = connections.get(i);
      Run pod = pods.get(i);
      String node = nodes.get(i);
      long before = waiting.getAsLong();
      calls.add(CompletableFuture.supplyAsync(() -> connection.bind(pod, node), threads));
      awaitArrival(calls.get(i), before);
    }
    return calls.stream().map(CompletableFuture::join).toList();
  }

  private void awaitArrival(CompletableFuture<String> call, long before) {
    while (!call.isDone() && waiting.getAsLong() == before) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  @Override
  public void close() throws IOException {
    threads.shutdown();
    for (Extender connection : connections) {
      connection.close();
    }
  }
}
