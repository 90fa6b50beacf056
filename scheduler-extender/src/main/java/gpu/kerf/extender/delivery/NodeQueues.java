package gpu.kerf.extender.delivery;

import gpu.kerf.extender.delivery.Delivery.Prepared;
import gpu.kerf.extender.wire.VerbError;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Lets one pod at a time prepare its delivery on a node; other pods wait. Device plugins of other
 * projects guess which pod a call is for, and guess right if there is only one.
 *
 * <p>A pod that cannot prepare in time gets an error, and kube-scheduler tries again.
 */
public final class NodeQueues {

  /** kube-scheduler waits 5 seconds for an extender. */
  public static final long PATIENCE_MILLIS = 3_500;

  public static final long PAUSE_MILLIS = 100;

  private final LongSupplier now;
  private final Executor loop;
  private final Delays delays;
  private final Map<String, Queue<PendingAttempt>> queues = new HashMap<>();
  private final Set<String> waiting = new HashSet<>();

  /** One pod that wants to get ready; an attempt that says nothing is made again. */
  private record PendingAttempt(
      DeliveryRequest request,
      Supplier<CompletionStage<Optional<Prepared>>> attempt,
      long deadline,
      CompletableFuture<Prepared> result) {}

  NodeQueues(LongSupplier now, Executor loop, Delays delays) {
    this.now = now;
    this.loop = loop;
    this.delays = delays;
  }

  CompletionStage<Prepared> take(
      DeliveryRequest request, Supplier<CompletionStage<Optional<Prepared>>> attempt) {
    PendingAttempt pendingAttempt =
        new PendingAttempt(
            request, attempt, now.getAsLong() + PATIENCE_MILLIS, new CompletableFuture<>());
    Queue<PendingAttempt> queue =
        queues.computeIfAbsent(request.node().name(), name -> new ArrayDeque<>());
    queue.add(pendingAttempt);
    waiting.add(request.pod().uid());
    if (queue.size() == 1) {
      run(pendingAttempt);
    }
    return pendingAttempt.result;
  }

  /** Whether a pod has not got ready yet. */
  boolean isWaiting(String uid) {
    return waiting.contains(uid);
  }

  private void run(PendingAttempt pendingAttempt) {
    pendingAttempt
        .attempt
        .get()
        .whenCompleteAsync(
            (prepared, failure) -> {
              if (failure != null || prepared == null) {
                end(pendingAttempt, Prepared.not(VerbError.NODE_LOCK));
              } else if (prepared.isPresent()) {
                end(pendingAttempt, prepared.get());
              } else if (now.getAsLong() >= pendingAttempt.deadline) {
                end(pendingAttempt, Prepared.not(VerbError.NODE_BUSY));
              } else {
                delays.after(PAUSE_MILLIS, () -> loop.execute(() -> run(pendingAttempt)));
              }
            },
            loop);
  }

  private void end(PendingAttempt pendingAttempt, Prepared prepared) {
    String node = pendingAttempt.request.node().name();
    Queue<PendingAttempt> queue = queues.get(node);
    if (queue != null) {
      queue.remove(pendingAttempt);
      if (queue.isEmpty()) {
        queues.remove(node);
      }
    }
    waiting.remove(pendingAttempt.request.pod().uid());
    pendingAttempt.result.complete(prepared);
    PendingAttempt next = queue == null ? null : queue.peek();
    if (next != null) {
      run(next);
    }
  }
}
