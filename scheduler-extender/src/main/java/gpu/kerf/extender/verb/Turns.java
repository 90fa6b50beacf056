package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.Trouble;
import gpu.kerf.extender.verb.Delivery.Prepared;
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
 * Lets one pod at a time get ready on a node; the others wait behind it. Device plugins of others
 * find the pod that they hand devices to by guessing, and guess right while there is one.
 *
 * <p>Who cannot get ready in time is told so, and kube-scheduler tries again.
 */
final class Turns {

  /** kube-scheduler waits 5 seconds for an extender. */
  static final long PATIENCE_MILLIS = 3_500;

  static final long PAUSE_MILLIS = 100;

  private final LongSupplier now;
  private final Executor loop;
  private final Pauses pauses;
  private final Map<String, Queue<Turn>> queues = new HashMap<>();
  private final Set<String> waiting = new HashSet<>();

  /** One pod that wants to get ready; an attempt that says nothing is made again. */
  private record Turn(
      Handover handover,
      Supplier<CompletionStage<Optional<Prepared>>> attempt,
      long deadline,
      CompletableFuture<Prepared> result) {}

  Turns(LongSupplier now, Executor loop, Pauses pauses) {
    this.now = now;
    this.loop = loop;
    this.pauses = pauses;
  }

  CompletionStage<Prepared> take(
      Handover handover, Supplier<CompletionStage<Optional<Prepared>>> attempt) {
    Turn turn =
        new Turn(handover, attempt, now.getAsLong() + PATIENCE_MILLIS, new CompletableFuture<>());
    Queue<Turn> queue = queues.computeIfAbsent(handover.node().name(), name -> new ArrayDeque<>());
    queue.add(turn);
    waiting.add(handover.pod().uid());
    if (queue.size() == 1) {
      run(turn);
    }
    return turn.result;
  }

  /** Whether a pod has not got ready yet. */
  boolean isWaiting(String uid) {
    return waiting.contains(uid);
  }

  private void run(Turn turn) {
    turn.attempt
        .get()
        .whenCompleteAsync(
            (prepared, failure) -> {
              if (failure != null || prepared == null) {
                end(turn, Prepared.not(Trouble.NODE_LOCK));
              } else if (prepared.isPresent()) {
                end(turn, prepared.get());
              } else if (now.getAsLong() >= turn.deadline) {
                end(turn, Prepared.not(Trouble.NODE_BUSY));
              } else {
                pauses.after(PAUSE_MILLIS, () -> loop.execute(() -> run(turn)));
              }
            },
            loop);
  }

  private void end(Turn turn, Prepared prepared) {
    String node = turn.handover.node().name();
    Queue<Turn> queue = queues.get(node);
    if (queue != null) {
      queue.remove(turn);
      if (queue.isEmpty()) {
        queues.remove(node);
      }
    }
    waiting.remove(turn.handover.pod().uid());
    turn.result.complete(prepared);
    Turn next = queue == null ? null : queue.peek();
    if (next != null) {
      run(next);
    }
  }
}
