package gpu.kerf.extender.turn;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.team.Work;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pod that is not bound yet.
 *
 * @param team the one that it belongs to
 * @param queue the queue of KAI that it names; empty if it names none
 * @param owner what created it, such as {@code Job/name}; empty if nothing did
 * @param since since when it waits, in milliseconds; what it replaces may have waited before it
 * @param longestMillis how long it may run; {@link Work#NO_DEADLINE} if nothing ends it
 * @param atGate whether Kerf's gate keeps it from kube-scheduler
 * @param gang the gang that it is in; null if it is in none
 */
record WaitingPod(
    PodView.Ref ref,
    Holder holder,
    PodDemand demand,
    String team,
    String queue,
    String owner,
    long since,
    long longestMillis,
    boolean evictable,
    boolean atGate,
    @Nullable String gang) {

  String uid() {
    return ref.uid();
  }

  /** The work that it is part of. */
  String workId() {
    return gang == null ? uid() : gang;
  }

  WaitingPod of(String other) {
    return new WaitingPod(
        ref, holder, demand, other, queue, owner, since, longestMillis, evictable, atGate, gang);
  }

  /** The work of a pod that is in no gang. */
  Work alone() {
    return new Work(uid(), team, holder.priority(), since, List.of(member()), 1, evictable);
  }

  /** What it is as a part of work. */
  Work.Member member() {
    return new Work.Member(holder, demand, longestMillis);
  }
}
