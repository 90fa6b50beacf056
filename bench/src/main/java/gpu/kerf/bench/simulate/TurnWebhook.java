package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SplittableRandom;

/**
 * Kerf's webhook as the API server calls it: while there are Teams, most new pods get a gate. It
 * may be absent, and it may not have heard yet that the last Team is gone.
 */
final class TurnWebhook {
  static final String GATE = "kerf.gpu/turn";

  private final ApiStore store;
  private final SplittableRandom random;
  private boolean absent;
  private boolean knewTeams;

  TurnWebhook(ApiStore store, SplittableRandom random) {
    this.store = store;
    this.random = random;
  }

  void setAbsent(boolean now) {
    absent = now;
  }

  /** A pod is created. */
  void admit(ObjectNode pod) {
    ObjectNode spec = pod.withObjectProperty("spec");
    boolean ours = spec.path("schedulerName").asText("").equals(Replica.SCHEDULER);
    if (absent || !ours || spec.has("nodeName")) {
      return;
    }
    boolean teams = !store.all(ObjectKind.TEAM).isEmpty();
    boolean late = random.nextInt(4) == 0;
    boolean gates = late ? knewTeams : teams;
    knewTeams = teams;
    if (gates && random.nextInt(5) > 0) {
      spec.putArray("schedulingGates").addObject().put("name", GATE);
    }
  }
}
