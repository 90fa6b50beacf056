package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The owners of some pods: as soon as the deletion of one begins, by an eviction or a preemption,
 * its owner creates another. A pod that its user deletes is not replaced.
 */
final class ReplicaSets {
  private final VirtualTime timeline;
  private final ApiStore store;
  private final SplittableRandom random;
  private final String prefix;
  private final Map<String, ObjectNode> templates = new HashMap<>();
  private int created;

  ReplicaSets(VirtualTime timeline, ApiStore store, SplittableRandom random, String prefix) {
    this.prefix = prefix;
    this.timeline = timeline;
    this.store = store;
    this.random = random;
    store.listen(this::heard);
  }

  /** Creates a pod that an owner replaces. */
  void create(ObjectNode template) {
    ObjectNode json = template.deepCopy();
    ((ObjectNode) json.get("metadata")).put("name", prefix + ++created);
    Stored pod = store.create(ObjectKind.POD, json);
    if (pod != null) {
      templates.put(pod.uid(), template);
    }
  }

  /** The user wants one pod less. */
  void scaleDown(PodObject pod) {
    templates.remove(pod.uid());
  }

  private void heard(ApiStore.Change change) {
    if (change.kind() != ObjectKind.POD) {
      return;
    }
    PodObject pod = change.any().pod();
    boolean goes = change.after() == null || pod.isTerminating() || pod.isOver();
    ObjectNode template = goes ? templates.remove(pod.uid()) : null;
    if (template != null && !pod.isOver()) {
      timeline.after(
          10 * VirtualTime.MILLI + random.nextLong(400 * VirtualTime.MILLI),
          null,
          () -> create(template));
    }
  }
}
