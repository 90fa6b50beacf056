package gpu.kerf.extender.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * One life of a team's work: from the creation of its pods until they are gone. Evicted work has
 * another life, which runs for the rest of its time.
 */
final class Life {

  final TeamWork work;
  final int number;
  final long left;
  final long created;

  /** What each pod counts as at least, in thousandths of GPUs. */
  final long milliPerPod;

  final List<Run> pods = new ArrayList<>();
  private int bound;
  private int evicted;
  private int gone;
  private long started = -1;
  private long evictedAt;

  Life(TeamWork work, int number, long left, long created, long milliPerPod) {
    this.work = work;
    this.number = number;
    this.left = left;
    this.created = created;
    this.milliPerPod = milliPerPod;
  }

  long milli() {
    return milliPerPod * work.pods();
  }

  /** What its pods hold now. */
  long heldMilli() {
    return milliPerPod * (bound - gone);
  }

  /** Whether this was the last pod that it needs to run. */
  boolean bound(long now) {
    bound++;
    started = now;
    return bound == work.pods();
  }

  /** Whether this was its first pod that is evicted. */
  boolean evicted(long now) {
    evicted++;
    evictedAt = now;
    return evicted == 1;
  }

  /** Whether no pod is left. */
  boolean gone() {
    gone++;
    return gone == work.pods();
  }

  boolean waits() {
    return bound == 0;
  }

  boolean isEvicted() {
    return evicted > 0;
  }

  /** When its last pod was bound; -1 before. */
  long started() {
    return started;
  }

  /** Whether some of its pods run without the others, or some are evicted and others stay. */
  boolean isTorn() {
    boolean halfStarted = bound > 0 && bound < work.pods();
    boolean halfEvicted = evicted > 0 && evicted < bound;
    return halfStarted || halfEvicted;
  }

  /** For how long it still has to run after an eviction. */
  long rest() {
    return Math.max(1, left - (evictedAt - started));
  }
}
