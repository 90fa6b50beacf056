package gpu.kerf.model.team;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Work that holds GPUs. */
final class RunningWork {

  final Work work;

  /** When it got its places, in milliseconds. */
  final long started;

  final Map<String, GpuHolding> pods = new LinkedHashMap<>();

  /** When the pods end at the latest that have a deadline, in milliseconds. */
  final Map<String, Long> deadlines = new LinkedHashMap<>();

  /** The pods that have a place and are not bound yet. */
  final Set<String> unbound = new LinkedHashSet<>();

  /** Whether it is being evicted; then it counts as held no more. */
  boolean leaving;

  RunningWork(Work work, long started) {
    this.work = work;
    this.started = started;
  }

  Reclaim.Victim asVictim() {
    return new Reclaim.Victim(
        work, List.copyOf(pods.keySet()), started, new GpuAmount(holding().milli()));
  }

  GpuHolding holding() {
    GpuHolding sum = GpuHolding.NONE;
    for (GpuHolding pod : pods.values()) {
      sum = sum.plus(pod);
    }
    return sum;
  }
}
