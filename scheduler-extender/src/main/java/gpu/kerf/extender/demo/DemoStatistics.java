package gpu.kerf.extender.demo;

import java.util.ArrayList;
import java.util.List;

/** The figures of a running demo. One thread writes them, the views read them. */
final class DemoStatistics {

  int arrived;
  int turnedAway;
  int bound;
  int finished;
  int preempted;
  int filterCalls;
  int errors;
  int running;
  int waiting;
  long heldMiB;
  int gpusInUse;
  int mostGpusInUse;
  long lastArrival;
  private final List<Long> waits = new ArrayList<>();
  private long at;
  private double heldMiBMillis;
  private double gpuMillis;
  private double strandedMiB;
  private int samples;

  /** Time passes with everything as it is; counted only while work arrives. */
  void until(long now, boolean arriving) {
    if (arriving) {
      heldMiBMillis += (double) heldMiB * (now - at);
      gpuMillis += (double) gpusInUse * (now - at);
    }
    at = now;
  }

  void now(SlotAudit audit) {
    heldMiB = audit.heldMiB();
    gpusInUse = audit.gpusInUse();
    mostGpusInUse = Math.max(mostGpusInUse, gpusInUse);
  }

  /** A piece of work has waited so long in all. */
  void waited(long millis) {
    waits.add(millis);
  }

  void stranded(long mib) {
    strandedMiB += mib;
    samples++;
  }

  List<Long> waits() {
    return waits;
  }

  /** The mean over the time in which work arrived. */
  double meanHeldMiB(long millis) {
    return millis == 0 ? 0 : heldMiBMillis / millis;
  }

  double meanGpusInUse(long millis) {
    return millis == 0 ? 0 : gpuMillis / millis;
  }

  double meanStrandedMiB() {
    return samples == 0 ? 0 : strandedMiB / samples;
  }
}
