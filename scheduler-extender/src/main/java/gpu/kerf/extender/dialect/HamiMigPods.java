package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.hardware.DeliveryWay;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Pods that select the nodes on which HAMi's device plugin makes MIG instances.
 *
 * <p>The kubelet asks the plugin for each container with a limit of {@code nvidia.com/gpu}. So that
 * limit stands there beside Kerf's words as well, and asks Kerf for nothing: it is the number of
 * GPUs that Kerf's words come to, and the webhook adds it where it is missing.
 */
public final class HamiMigPods {
  /** What the kubelet asks HAMi's plugin for. */
  public static final String COUNT = NvidiaDialect.GPU;

  private static final Set<String> DIALECTS = Set.of("kerf", "hami", "nvidia");

  private HamiMigPods() {}

  /** Whether the plugin would serve a pod once each container that asks has the limit. */
  public static boolean is(PodView pod, Reading reading) {
    List<PodDemand.Container> asking = reading.demand().containers();
    return selects(pod)
        && DIALECTS.contains(reading.dialect())
        && !asking.isEmpty()
        && asking.stream().allMatch(each -> isMissing(pod, each) || isAsked(pod, each));
  }

  /** Why no init container uses another container's slots there. */
  static String initContainer(String name) {
    return """
    The init container %s asks for a GPU, and the pod selects nodes of HAMi's MIG mode.
    The plugin would make the instance that a container has after it twice: leave the limits of the init container out, or select other nodes.\
    """
        .formatted(name);
  }

  static boolean selects(PodView pod) {
    return pod.delivery().equals(DeliveryWay.HAMI_MIG.word());
  }

  /** Whether the plugin serves a pod as it is. */
  static boolean areServed(PodView pod, List<PodDemand.Container> asking, String dialect) {
    return selects(pod)
        && DIALECTS.contains(dialect)
        && !asking.isEmpty()
        && asking.stream().allMatch(each -> isAsked(pod, each));
  }

  /** Whether the kubelet asks HAMi's plugin for as many devices as Kerf reserves. */
  static boolean isAsked(PodView pod, PodDemand.Container asking) {
    Demand demand = asking.demand();
    Container container = find(pod, asking.name());
    if (demand.size() instanceof Size.Profile || container == null) {
      return false;
    }
    Value count = Draft.limit(container, COUNT);
    try {
      return !count.isNothing() && count.gpus() == demand.gpus();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isMissing(PodView pod, PodDemand.Container asking) {
    Container container = find(pod, asking.name());
    return container != null
        && !(asking.demand().size() instanceof Size.Profile)
        && !Draft.limit(container, COUNT).isThere();
  }

  /** Whether the only words of NVIDIA's are such limits, in containers that ask in Kerf's words. */
  static boolean standBesideKerfs(PodView pod) {
    return selects(pod)
        && pod.containers().stream().allMatch(HamiMigPods::standsBesideKerfs)
        && pod.initContainers().stream().allMatch(HamiMigPods::standsBesideKerfs);
  }

  private static boolean standsBesideKerfs(Container container) {
    return !NvidiaDialect.asks(container)
        || (!NvidiaDialect.asksForMoreThanGpus(container)
            && !KerfDialect.resourceOf(container).isEmpty());
  }

  /** Says where such a limit is another number than Kerf's words come to. */
  static void check(PodView pod, List<PodDemand.Container> asking, List<String> problems) {
    for (PodDemand.Container each : asking) {
      if (selects(pod) && !isMissing(pod, each) && !isAsked(pod, each)) {
        Container container = find(pod, each.name());
        problems.add(
            "The limit "
                + COUNT
                + " ("
                + (container == null ? "" : container.resources().limitOrRequest(COUNT))
                + ") of container "
                + each.name()
                + " is what the kubelet asks HAMi's device plugin for, and Kerf's words come to "
                + each.demand().gpus()
                + ".\nLeave it out: Kerf's webhook adds it.");
      }
    }
  }

  /** The container of that name; null if there is none, or more than one. */
  static @Nullable Container find(PodView pod, String name) {
    Container found = null;
    for (List<Container> some : List.of(pod.containers(), pod.initContainers())) {
      for (Container each : some) {
        if (each.name().equals(name)) {
          if (found != null) {
            return null;
          }
          found = each;
        }
      }
    }
    return found;
  }
}
