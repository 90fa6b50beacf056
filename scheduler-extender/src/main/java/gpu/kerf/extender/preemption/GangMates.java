package gpu.kerf.extender.preemption;

import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.Candidate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The pods that go with the victims of a plan: a gang that falls below its minimum holds GPUs for
 * nothing.
 */
final class GangMates {

  private final Scheduling scheduling;
  private final Gangs gangs;

  GangMates(Scheduling scheduling, Gangs gangs) {
    this.scheduling = scheduling;
    this.gangs = gangs;
  }

  /**
   * Those of lower priority than the plan's pod; one of higher priority is never evicted for it.
   */
  List<PodView.Ref> of(List<Candidate> victims, int priority) {
    Set<String> uids = victims.stream().map(Candidate::uid).collect(Collectors.toSet());
    Set<Gang> hit = new LinkedHashSet<>();
    for (Candidate victim : victims) {
      Gang gang = gangs.of(victim.uid());
      if (gang != null) {
        hit.add(gang);
      }
    }
    List<PodView.Ref> mates = new ArrayList<>();
    for (Gang gang : hit) {
      for (Gang.Member mate : gang.uselessWithout(uids)) {
        KnownPod pod = scheduling.pods().get(mate.uid());
        if (pod != null && !pod.terminating() && pod.holder().priority() < priority) {
          mates.add(mate.pod());
        }
      }
    }
    return mates;
  }
}
