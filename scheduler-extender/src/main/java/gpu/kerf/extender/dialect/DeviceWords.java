package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.DeliveryWay;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the projects whose device plugins would hand a pod its GPUs, by the resources in the pod. A
 * kubelet calls a device plugin only for containers that have a limit of the plugin's resource, and
 * the plugin finds the pod by its limits.
 */
final class DeviceWords {
  private DeviceWords() {}

  static Set<DeliveryWay> ways(PodView pod, List<PodDemand.Container> asking, String dialect) {
    EnumSet<DeliveryWay> ways = EnumSet.of(DeliveryWay.ENV);
    boolean hami = dialect.equals("hami") || dialect.equals("nvidia");
    if (hami && asking.stream().allMatch(each -> isHandedOutByHami(pod, each))) {
      ways.add(DeliveryWay.HAMI);
    }
    if (dialect.equals("gpushare") && isHandedOutByGpushare(pod, asking)) {
      ways.add(DeliveryWay.GPUSHARE);
    }
    return ways;
  }

  /**
   * HAMi's plugin is asked for so many devices as the limit says, and must have been told of as
   * many.
   */
  private static boolean isHandedOutByHami(PodView pod, PodDemand.Container asking) {
    Demand demand = asking.demand();
    boolean mig = demand.wall() == WallChoice.MIG || demand.size() instanceof Size.Profile;
    Container container = find(pod.containers(), asking.name());
    container = container == null ? find(pod.initContainers(), asking.name()) : container;
    if (mig || container == null) {
      return false;
    }
    Value count = Draft.limit(container, NvidiaDialect.GPU);
    return !count.isNothing() && count.gpus() == demand.gpus();
  }

  /** gpushare's plugin finds a pod by the sum of its limits, and gives it one GPU. */
  private static boolean isHandedOutByGpushare(PodView pod, List<PodDemand.Container> asking) {
    return asking.size() == 1
        && asking.get(0).demand().sm() == null
        && find(pod.containers(), asking.get(0).name()) != null;
  }

  private static @Nullable Container find(List<Container> containers, String name) {
    for (Container container : containers) {
      if (container.name().equals(name)) {
        return container;
      }
    }
    return null;
  }
}
