package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.util.Map;

/**
 * What KAI makes of the priority of a pod. Its label {@code priorityClassName} names the
 * PriorityClass, also where the pod has another one; and work of priority 100 and above cannot be
 * preempted.
 *
 * <p>The API server has set the number of the priority before it calls the webhook. Without that
 * number it sets it anew for the class that the webhook wrote, and calls the webhook once more.
 */
final class KaiPriority {
  static final String LABEL = "priorityClassName";

  private static final int NOT_PREEMPTIBLE = 100;
  private static final String DIALECT = "kai";

  private final PodTree pod;
  private final Patch patch;
  private final Map<String, String> annotations;

  /**
   * @param annotations those that the pod gets
   */
  KaiPriority(PodTree pod, Patch patch, Map<String, String> annotations) {
    this.pod = pod;
    this.patch = patch;
    this.annotations = annotations;
  }

  static boolean isOfKai(PodView pod, Reading reading) {
    boolean asks = !reading.demand().containers().isEmpty();
    return asks
        && (reading.dialect().equals(DIALECT)
            || pod.labels().containsKey(AcceptedTeams.QUEUE_LABEL));
  }

  void add() throws WireException {
    String wanted = pod.view().labels().getOrDefault(LABEL, "");
    if (!wanted.isEmpty() && !wanted.equals(PodTree.text(pod.spec(), "priorityClassName"))) {
      patch.set("/spec/priorityClassName", JsonNodeFactory.instance.textNode(wanted));
      remove("priority");
      remove("preemptionPolicy");
      return;
    }
    boolean said = pod.view().annotations().containsKey(Annotations.EVICTABLE);
    if (!said && pod.spec().path("priority").asInt(0) >= NOT_PREEMPTIBLE) {
      annotations.put(Annotations.EVICTABLE, "false");
    }
  }

  private void remove(String field) {
    if (!PodTree.isNothing(pod.spec().path(field))) {
      patch.remove("/spec/" + field);
    }
  }
}
