package gpu.kerf.extender.state;

import gpu.kerf.extender.gang.Membership;
import gpu.kerf.extender.gang.MembershipReader;
import gpu.kerf.extender.wire.PodView;

/** Finds the group of a pod: its gang, or the LeaderWorkerSet's group of a pod without a size. */
final class PodGroups {

  private static final String GROUP_KEY = "leaderworkerset.sigs.k8s.io/group-key";

  private PodGroups() {}

  /** The name of a pod's group; empty if it has none. */
  static String of(PodView pod) {
    Membership says = MembershipReader.read(pod);
    return says != null && !says.isRefused()
        ? says.gang().name()
        : pod.labels().getOrDefault(GROUP_KEY, "");
  }
}
