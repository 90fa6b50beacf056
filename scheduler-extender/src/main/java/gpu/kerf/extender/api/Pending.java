package gpu.kerf.extender.api;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.telemetry.FleetCollector;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import java.util.Collection;
import java.util.List;

/** The pods that wait for GPUs, as JSON. */
public final class Pending {

  private Pending() {}

  static boolean is(KnownPod pod) {
    boolean asks = pod.isNonsense() || !pod.demand().containers().isEmpty();
    return asks && pod.isPending() && !pod.terminating();
  }

  /** What those of some pods that wait ask for, for metrics. */
  public static List<FleetCollector.Pending> of(Collection<KnownPod> pods, long now) {
    return pods.stream().filter(Pending::is).map(pod -> of(pod, now)).toList();
  }

  private static FleetCollector.Pending of(KnownPod pod, long now) {
    long memory = 0;
    int gpus = 0;
    for (PodDemand.Container container : pod.demand().containers()) {
      Demand demand = container.demand();
      if (demand.size() instanceof Size.Memory size) {
        memory += (long) size.amount().value() * demand.gpus();
      } else if (demand.size() instanceof Size.Whole) {
        gpus += demand.gpus();
      }
    }
    long waited = Math.max(0, now - pod.since());
    return new FleetCollector.Pending(pod.holder().namespace(), memory, gpus, waited);
  }
}
