package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The resource {@code kerf.gpu/quota-memory}: the most GPU memory that a container can come to
 * hold. The webhook writes it (setting {@code admission.quotaMemory}) for quota alone: no node has
 * it, and kube-scheduler and kubelets do not look for it.
 *
 * <p>It is a bound at the same time: the container gets no slot that holds more. So a pod that was
 * counted on a fleet of small GPUs does not land on a larger one that joined later.
 */
public final class QuotaMemory {

  public static final String RESOURCE = "kerf.gpu/quota-memory";

  /** Quota counts bytes, so an amount that rounds up to the right one is a smaller one. */
  private static final long MILLI_PER_MIB = 1_000L << 20;

  private QuotaMemory() {}

  /** What the webhook writes for a container that holds at most so much of each of its GPUs. */
  public static Map<String, String> amounts(Demand demand, int mostMiB) {
    return mostMiB == 0 ? Map.of() : Map.of(RESOURCE, (long) mostMiB * demand.gpus() + "Mi");
  }

  /** Whether a container brings what the webhook would write. */
  public static boolean isRight(Container container, Demand demand, int mostMiB) {
    String written = container.resources().limitOrRequest(RESOURCE);
    try {
      return mostMiB > 0
          && !written.isEmpty()
          && Quantity.thousandths(written) == (long) mostMiB * demand.gpus() * MILLI_PER_MIB;
    } catch (IllegalArgumentException nonsense) {
      return false;
    }
  }

  /**
   * What Kubernetes counts for a pod: all containers that run on, or the most that an init
   * container brings together with the sidecars before it.
   *
   * @param mib what its containers bring, by their names
   */
  public static long counted(PodView pod, Map<String, Long> mib) {
    long beside = 0;
    long most = 0;
    for (Container init : pod.initContainers()) {
      long brought = mib.getOrDefault(init.name(), 0L);
      most = Math.max(most, beside + brought);
      beside += init.sidecar() ? brought : 0;
    }
    long running = beside;
    for (Container container : pod.containers()) {
      running += mib.getOrDefault(container.name(), 0L);
    }
    return Math.max(most, running);
  }

  /** The demands, each bounded by what its container brings; nonsense is a problem. */
  static List<PodDemand.Container> bounded(
      PodView pod, List<PodDemand.Container> asking, List<String> problems) {
    List<PodDemand.Container> bounded = asking;
    for (int i = 0; i < asking.size(); i++) {
      PodDemand.Container each = asking.get(i);
      String written = written(pod, each.name());
      if (!written.isEmpty()) {
        bounded = bounded == asking ? new ArrayList<>(asking) : bounded;
        bounded.set(i, bounded(each, written, problems));
      }
    }
    return bounded;
  }

  private static PodDemand.Container bounded(
      PodDemand.Container asking, String written, List<String> problems) {
    long each = 0;
    try {
      each = Quantity.memoryMiB(written) / asking.demand().gpus();
    } catch (IllegalArgumentException nonsense) {
      // Told below.
    }
    if (each < 1 || each > Integer.MAX_VALUE) {
      problems.add(
          "The "
              + RESOURCE
              + " ("
              + Quantity.shown(written)
              + ") of container "
              + asking.name()
              + " is no amount of GPU memory.\nLeave it out: Kerf's webhook writes it.");
      return asking;
    }
    return new PodDemand.Container(asking.name(), asking.demand().holdingAtMost((int) each));
  }

  private static String written(PodView pod, String container) {
    String own = written(pod.containers(), container);
    return own.isEmpty() ? written(pod.initContainers(), container) : own;
  }

  private static String written(List<Container> containers, String name) {
    for (int i = 0; i < containers.size(); i++) {
      Container each = containers.get(i);
      if (each.name().equals(name)) {
        return each.resources().limitOrRequest(RESOURCE);
      }
    }
    return "";
  }
}
