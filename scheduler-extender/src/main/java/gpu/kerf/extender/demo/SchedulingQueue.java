package gpu.kerf.extender.demo;

import gpu.kerf.extender.cluster.embedded.Timers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The pods that wait, as kube-scheduler keeps them: those to be tried now by priority and age,
 * those that back off, and those that were unschedulable, which an event in the cluster moves back.
 *
 * <p>It is bounded: when it is full, further pods are turned away. One thread owns it.
 */
final class SchedulingQueue {

  private static final long FIRST_BACKOFF = 1_000;
  private static final long LONGEST_BACKOFF = 10_000;

  private static final Comparator<Waiting> ORDER =
      Comparator.<Waiting>comparingInt(pod -> -pod.priority())
          .thenComparingLong(pod -> pod.since)
          .thenComparingLong(pod -> pod.order);

  /** One pod that waits. */
  static final class Waiting {
    final Run run;
    final long since;
    private final long order;
    private int attempts;
    private long notBefore;
    String nominated = "";

    private Waiting(Run run, long since, long order) {
      this.run = run;
      this.since = since;
      this.order = order;
    }

    int priority() {
      return run.work().kind().priority();
    }
  }

  private final Timers timers;
  private final int most;
  private final PriorityQueue<Waiting> active = new PriorityQueue<>(ORDER);
  private final Map<String, Waiting> unschedulable = new LinkedHashMap<>();
  private int backingOff;
  private long added;

  SchedulingQueue(Timers timers, int most) {
    this.timers = timers;
    this.most = most;
  }

  /** False if the queue is full. */
  boolean add(Run run) {
    if (size() >= most) {
      return false;
    }
    active.add(new Waiting(run, timers.now(), added++));
    return true;
  }

  /** How many pods wait. */
  int size() {
    return active.size() + unschedulable.size() + backingOff;
  }

  /** The pod to try next, or null if none is to be tried now. */
  @Nullable Waiting next() {
    Waiting next = active.poll();
    if (next != null) {
      next.attempts++;
    }
    return next;
  }

  /** There was no room: it waits until something changes, and at least for its backoff. */
  void noRoom(Waiting pod) {
    pod.notBefore = timers.now() + backoff(pod);
    unschedulable.put(pod.run.uid(), pod);
  }

  /**
   * The attempt failed with an error: the pod is tried again after its backoff, without an event.
   */
  void failed(Waiting pod) {
    pod.notBefore = timers.now() + backoff(pod);
    later(pod);
  }

  private static long backoff(Waiting pod) {
    int doublings = Math.min(pod.attempts - 1, 10);
    return Math.min(LONGEST_BACKOFF, FIRST_BACKOFF << doublings);
  }

  private void later(Waiting pod) {
    backingOff++;
    timers.after(
        pod.notBefore - timers.now(),
        () -> {
          backingOff--;
          active.add(pod);
        });
  }

  /** Something has changed in the cluster that may make room. */
  void wake() {
    List<Waiting> woken = new ArrayList<>(unschedulable.values());
    unschedulable.clear();
    for (Waiting pod : woken) {
      if (pod.notBefore <= timers.now()) {
        active.add(pod);
      } else {
        later(pod);
      }
    }
  }
}
