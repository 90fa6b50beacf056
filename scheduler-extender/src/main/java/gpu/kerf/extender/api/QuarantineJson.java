package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.state.Scheduling;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** The quarantine of a pod that was deleted by force, as JSON: until when its slots are held. */
final class QuarantineJson {

  private QuarantineJson() {}

  /**
   * Adds it to an object that is open, if the pod is quarantined: a time of the wall clock, for
   * people to read; null while the node is silent.
   */
  static void field(JsonGenerator out, Scheduling scheduling, String uid) throws IOException {
    Quarantined hold = scheduling.quarantined(uid);
    if (hold == null) {
      return;
    }
    if (hold.nodeSilent()) {
      out.writeNullField("heldUntil");
    } else {
      long left = TimeUnit.NANOSECONDS.toMillis(hold.untilNanos() - scheduling.elapsedNanos());
      out.writeNumberField("heldUntil", scheduling.wallMillis() + Math.max(0, left));
    }
  }
}
