package gpu.kerf.bench.replay.teams;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.List;

/**
 * A job of a team.
 *
 * @param pods how many start together
 * @param demand what each of them asks for
 * @param runMs how long it runs if it is not evicted
 */
record TeamJob(
    String id,
    String team,
    long arrivalMs,
    long runMs,
    int pods,
    PodDemand demand,
    int priority,
    boolean evictable) {

  /** The job as it waits for its turn. */
  Work asWork() {
    List<Work.Member> members = new ArrayList<>(pods);
    for (int i = 0; i < pods; i++) {
      String name = pods == 1 ? id : id + "-" + i;
      Holder holder = new Holder(name, team, name, id, pods == 1 ? "" : id, priority);
      members.add(new Work.Member(holder, demand));
    }
    return new Work(id, team, priority, arrivalMs, members, pods, evictable);
  }
}
