package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.explain.Explanation;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

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
    Long until = untilMillis(scheduling, hold);
    if (until == null) {
      out.writeNullField("heldUntil");
    } else {
      out.writeNumberField("heldUntil", until);
    }
  }

  private static @Nullable Long untilMillis(Scheduling scheduling, Quarantined hold) {
    if (hold.nodeSilent()) {
      return null;
    }
    long left = TimeUnit.NANOSECONDS.toMillis(hold.untilNanos() - scheduling.elapsedNanos());
    return scheduling.wallMillis() + Math.max(0, left);
  }

  /** The nodes on which only quarantined pods keep a demand from fitting. */
  static List<Explanation.Held> holding(
      Scheduling scheduling, Explainer explainer, PodDemand demand, Viewer viewer) {
    List<Entry> quarantined =
        scheduling.ledger().entries().stream()
            .filter(entry -> entry.state() == Entry.State.QUARANTINED)
            .toList();
    return explainer.nodesWithout(quarantined, scheduling.ledger(), demand).stream()
        .map(node -> held(scheduling, quarantined, node, viewer))
        .toList();
  }

  private static Explanation.Held held(
      Scheduling scheduling, List<Entry> quarantined, String node, Viewer viewer) {
    List<String> pods = new ArrayList<>();
    @Nullable Long until = scheduling.wallMillis();
    for (Entry entry : quarantined) {
      if (entry.placement().node().equals(node)) {
        pods.add(viewer.work(entry.holder().namespace() + "/" + entry.holder().name()));
        Quarantined hold = scheduling.quarantined(entry.uid());
        Long end = hold == null ? until : untilMillis(scheduling, hold);
        until = until == null || end == null ? null : Long.valueOf(Math.max(until, end));
      }
    }
    return new Explanation.Held(node, pods, until);
  }
}
