package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.DeliveryWay;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Finds the projects whose device plugins would hand a pod its GPUs, by the resources in the pod. A
 * kubelet calls a device plugin only for containers that have a limit of the plugin's resource, and
 * the plugin finds the pod by its limits.
 *
 * <p>HAMi's plugin in MIG mode serves only pods that select its nodes by the label that decides the
 * delivery.
 */
final class DeviceWords {
  private DeviceWords() {}

  static Set<DeliveryWay> ways(PodView pod, List<PodDemand.Container> asking, String dialect) {
    if (HamiMigPods.areServed(pod, asking, dialect)) {
      // The webhook leaves such a pod without its variable, so no other way may serve it.
      return EnumSet.of(DeliveryWay.HAMI_MIG);
    }
    boolean claimable = isClaimable(pod, asking);
    if (claimable && pod.isClaimedByKerf()) {
      // The kubelet of another node would wait for that claim. Since 1.37 a pod names it for ever.
      return EnumSet.of(DeliveryWay.DRA);
    }
    EnumSet<DeliveryWay> ways = EnumSet.of(DeliveryWay.ENV);
    if (claimable) {
      ways.add(DeliveryWay.DRA);
    }
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
   * A pod's ResourceClaim stands for resources in requests, so each container needs one of Kerf's.
   * NVIDIA's own: its DeviceClass stands for nvidia.com/gpu, and kube-scheduler's plugin would
   * claim devices for a container that asks for it as well.
   */
  private static boolean isClaimable(PodView pod, List<PodDemand.Container> asking) {
    for (PodDemand.Container each : asking) {
      Container container = HamiMigPods.find(pod, each.name());
      if (container == null || KerfDialect.resourceOf(container).isEmpty()) {
        return false;
      }
    }
    return pod.containers().stream().noneMatch(DeviceWords::asksNvidia)
        && pod.initContainers().stream().noneMatch(DeviceWords::asksNvidia);
  }

  private static boolean asksNvidia(Container container) {
    return container.resources().requests().keySet().stream().anyMatch(DeviceWords::isNvidia)
        || container.resources().limits().keySet().stream().anyMatch(DeviceWords::isNvidia);
  }

  private static boolean isNvidia(String resource) {
    return resource.startsWith("nvidia.com/");
  }

  /**
   * HAMi's plugin is asked for so many devices as the limit says, and must have been told of as
   * many: also for an init container that uses the slots of another container.
   */
  private static boolean isHandedOutByHami(PodView pod, PodDemand.Container asking) {
    return asking.demand().wall() != WallChoice.MIG && HamiMigPods.isAsked(pod, asking);
  }

  /** gpushare's plugin finds a pod by the sum of its limits, and gives it one GPU. */
  private static boolean isHandedOutByGpushare(PodView pod, List<PodDemand.Container> asking) {
    return asking.size() == 1
        && asking.get(0).demand().sm() == null
        && pod.containers().stream().anyMatch(each -> each.name().equals(asking.get(0).name()));
  }
}
