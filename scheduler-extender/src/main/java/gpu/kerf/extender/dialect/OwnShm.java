package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.demand.WallChoice;
import java.util.ArrayList;
import java.util.List;

/**
 * Containers with a volume of their own at /dev/shm, as those of vLLM, KServe and KubeRay. An MPS
 * client and its server share memory there, so CUDA would not start on a share; on a MIG instance
 * or a whole GPU it does.
 */
final class OwnShm {

  /** So that any part of it is some memory. */
  private static final int MANY_MIB = 1 << 20;

  private OwnShm() {}

  /** The demands without shares for those containers. */
  static List<PodDemand.Container> check(
      PodView pod, List<PodDemand.Container> asking, List<String> problems) {
    if (!isThere(pod)) {
      return asking;
    }
    List<PodDemand.Container> checked = new ArrayList<>(asking.size());
    for (PodDemand.Container each : asking) {
      Demand demand = each.demand();
      boolean affected = demand.memoryMiB(MANY_MIB) > 0 && demand.wall().accepts(Wall.MPS);
      if (!affected || !mountsOwn(pod, each.name())) {
        checked.add(each);
      } else if (demand.wall() == WallChoice.ANY) {
        checked.add(new PodDemand.Container(each.name(), demand.withWall(WallChoice.MIG)));
      } else {
        problems.add(
            "The container "
                + each.name()
                + " mounts a volume of its own at /dev/shm and asks for a share behind MPS, on"
                + " which CUDA would not start.\n"
                + "Leave the volume out, or ask for a MIG instance.");
      }
    }
    return checked;
  }

  private static boolean isThere(PodView pod) {
    return mountsOwn(pod.containers(), "") || mountsOwn(pod.initContainers(), "");
  }

  private static boolean mountsOwn(PodView pod, String name) {
    return mountsOwn(pod.containers(), name) || mountsOwn(pod.initContainers(), name);
  }

  /** Any container, where the name is empty. */
  private static boolean mountsOwn(List<Container> containers, String name) {
    for (int i = 0; i < containers.size(); i++) {
      Container each = containers.get(i);
      if (each.ownShm() && (name.isEmpty() || each.name().equals(name))) {
        return true;
      }
    }
    return false;
  }
}
