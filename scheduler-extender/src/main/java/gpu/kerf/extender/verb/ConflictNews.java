package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Holder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of every pod whose GPU is gone or held by an older pod: once in the log and once in an
 * event on the pod, whether the conflict came while Kerf ran or was there when it started.
 */
final class ConflictNews {
  private static final Logger LOG = LoggerFactory.getLogger(ConflictNews.class);
  private static final String REASON = "GpuConflict";

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Map<String, String> told = new HashMap<>();

  ConflictNews(Scheduling scheduling, Cluster cluster) {
    this.scheduling = scheduling;
    this.cluster = cluster;
  }

  /** Looks at the conflicts that there are; to be called at intervals. */
  void look() {
    List<Conflict> conflicts = scheduling.ledger().conflicts();
    if (conflicts.isEmpty() && told.isEmpty()) {
      return;
    }
    told.keySet()
        .retainAll(conflicts.stream().map(each -> each.entry().uid()).collect(Collectors.toSet()));
    conflicts.forEach(this::tell);
  }

  private void tell(Conflict conflict) {
    String text = conflict.text();
    if (text.equals(told.put(conflict.entry().uid(), text))) {
      return;
    }
    Holder holder = conflict.entry().holder();
    PodView.Ref pod = new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
    LOG.atWarn()
        .addKeyValue(LogKeys.POD, pod)
        .addKeyValue(LogKeys.NODE, conflict.entry().placement().node())
        .addKeyValue(LogKeys.PROBLEM, text)
        .log("A pod cannot have the GPUs that it was given.");
    cluster.event(new PodEvent(pod, true, REASON, "This pod has a GPU in conflict: " + text + "."));
  }
}
