package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** What goes wrong in the middle of a plan: a fault waits here for the next eviction of Kerf. */
final class EvictionFaults {
  private final VirtualTime timeline;
  private final Story story;
  private final SplittableRandom random;
  private final PodControl control;
  private final ApiStore store;
  private final List<Replica> replicas;
  private final List<SimulatedNode> nodes;
  private final Set<Fault> waiting = EnumSet.noneOf(Fault.class);

  EvictionFaults(
      VirtualTime timeline,
      Story story,
      SplittableRandom random,
      PodControl control,
      ApiStore store,
      List<Replica> replicas,
      List<SimulatedNode> nodes) {
    this.timeline = timeline;
    this.story = story;
    this.random = random;
    this.control = control;
    this.store = store;
    this.replicas = replicas;
    this.nodes = nodes;
  }

  /** The next eviction meets a fault. */
  void arm(Fault fault) {
    waiting.add(fault);
  }

  /** None meets one any more. */
  void heal() {
    waiting.clear();
  }

  /** A replica evicts a pod; what goes wrong with it happens within some milliseconds. */
  void evicts(String client, PodObject victim) {
    for (Fault fault : List.copyOf(waiting)) {
      waiting.remove(fault);
      long pause = random.nextLong(20 * VirtualTime.MILLI);
      timeline.after(pause, null, () -> happens(fault, client, victim));
    }
  }

  private void happens(Fault fault, String client, PodObject victim) {
    story.tell(fault.word() + ": at the eviction of " + victim + " by " + client);
    switch (fault) {
      case KILLED_EVICTORS -> kill(client);
      case ENDING_VICTIMS -> endPodsBeside(victim);
      case DELETED_PREEMPTORS -> deletePreemptor(victim.node());
      default -> throw new IllegalArgumentException(fault.word());
    }
  }

  private void kill(String client) {
    for (Replica replica : replicas) {
      SimulatedProcess process = replica.process();
      if (process != null && process.name().equals(client)) {
        replica.kill();
      }
    }
  }

  /** The victim, and some of those beside it, complete their work. */
  private void endPodsBeside(PodObject victim) {
    for (SimulatedNode node : nodes) {
      if (node.name().equals(victim.node())) {
        node.complete(victim.uid());
        for (SimulatedContainer each : node.running()) {
          if (each.pod().priority() <= victim.priority() && random.nextBoolean()) {
            node.complete(each.pod().uid());
          }
        }
      }
    }
  }

  private void deletePreemptor(String node) {
    List<PodObject> nominated = new ArrayList<>();
    for (Stored each : store.all(ObjectKind.POD)) {
      if (!each.pod().isBound() && each.pod().nominated().equals(node)) {
        nominated.add(each.pod());
      }
    }
    if (!nominated.isEmpty()) {
      PodObject pod = nominated.get(random.nextInt(nominated.size()));
      control.delete(pod, pod.graceSeconds(), "by its user, while others go for it");
    }
  }
}
