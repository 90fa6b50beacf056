package gpu.kerf.extender.preemption;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Runs searches for victims without blocking the event loop: within a call for {@value
 * #CALL_MILLIS} ms, and after it in slices of {@value #SLICE_MILLIS} ms, between which other
 * waiting tasks run. The search for the pod of highest priority goes first.
 *
 * <p>The limits are measured with the monotonic clock. Where that is virtual and stands still
 * during a call, every search ends within it, so that a simulation depends on nothing else.
 */
final class Searches {

  private static final long CALL_MILLIS = 10;
  private static final long SLICE_MILLIS = 5;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Scheduling scheduling;
  private final List<Search> waiting = new ArrayList<>();
  private boolean sliceComes;

  /** One search. */
  interface Search {
    KnownPod pod();

    /** Whether a pod still waits for what it finds. */
    boolean isWanted();

    /** Searches on; whether it is over. */
    boolean goOn(BooleanSupplier mayGoOn);

    /** It is over, and the loop has called it: no caller waits for an answer now. */
    void ended();
  }

  Searches(Scheduling scheduling) {
    this.scheduling = scheduling;
  }

  /** Searches within a call; whether the search is over. If not, it goes on later. */
  boolean goOn(Search search) {
    boolean over = search.goOn(limit(CALL_MILLIS));
    if (over) {
      waiting.remove(search);
    } else {
      later(search);
    }
    return over;
  }

  /** Searches when the loop has time. */
  void later(Search search) {
    if (!waiting.contains(search)) {
      waiting.add(search);
    }
    nextSlice();
  }

  private void nextSlice() {
    if (!sliceComes && !waiting.isEmpty()) {
      sliceComes = true;
      scheduling.loop().execute(this::slice);
    }
  }

  private void slice() {
    sliceComes = false;
    waiting.removeIf(search -> !search.isWanted());
    waiting.stream()
        .max(Comparator.comparing(search -> search.pod().holder().priority()))
        .ifPresent(this::slice);
    nextSlice();
  }

  private void slice(Search search) {
    if (search.goOn(limit(SLICE_MILLIS))) {
      waiting.remove(search);
      search.ended();
    }
  }

  private BooleanSupplier limit(long millis) {
    long until = scheduling.elapsedNanos() + millis * NANOS_PER_MILLI;
    return () -> scheduling.elapsedNanos() < until;
  }

  int waiting() {
    return waiting.size();
  }
}
