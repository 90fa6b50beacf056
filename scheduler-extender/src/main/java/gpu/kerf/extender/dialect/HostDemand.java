package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.extender.wire.PodView.Granted;
import gpu.kerf.extender.wire.PodView.Resources;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The CPU and memory that kube-scheduler counts for a pod.
 *
 * <p>Containers and sidecars run together and add up. An init container runs alone beside the
 * sidecars before it, so that the largest counts if it is more. What the pod says as a whole wins
 * over that, and its overhead is added.
 *
 * <p>While a container is resized in place, the largest of three amounts counts: its request, what
 * the kubelet has allocated, and what it runs with. A resize that can never be granted does not
 * count.
 */
record HostDemand(int cpuMilli, int memoryMiB, List<String> problems) {

  static HostDemand of(PodView pod) {
    List<String> problems = new ArrayList<>(0);
    int cpu = new Sum("cpu", Quantity::cpuMilli, problems).of(pod);
    int memory = new Sum("memory", Quantity::memoryMiB, problems).of(pod);
    return new HostDemand(cpu, memory, problems);
  }

  /** The sum of one resource. */
  private record Sum(String resource, ToLongFunction<String> unit, List<String> problems) {

    int of(PodView pod) {
      long sidecars = 0;
      long starting = 0;
      for (Container init : pod.initContainers()) {
        String name = "init container " + init.name();
        long asked = init.sidecar() ? held(init, name) : asked(init.resources(), name);
        sidecars += init.sidecar() ? asked : 0;
        starting = Math.max(starting, init.sidecar() ? sidecars : sidecars + asked);
      }
      long running = sidecars;
      for (Container container : pod.containers()) {
        running += held(container, "container " + container.name());
      }
      long ofPod = asked(pod.resources(), "the pod");
      long sum = ofPod > 0 ? ofPod : Math.max(starting, running);
      sum += amount(pod.overhead().getOrDefault(resource, ""), "the pod's overhead");
      return (int) Math.min(sum, NodeSpec.UNKNOWN);
    }

    /** What a container that runs on holds, or will when its resize is done. */
    private long held(Container container, String whose) {
      long asked = asked(container.resources(), whose);
      Granted granted = container.granted();
      if (granted.equals(Granted.NOTHING_SAID)) {
        return asked;
      }
      long allocated = amount(granted.allocated().getOrDefault(resource, ""), whose);
      long running = amount(granted.running().getOrDefault(resource, ""), whose);
      return Math.max(granted.infeasible() ? 0 : asked, Math.max(allocated, running));
    }

    private long asked(Resources resources, String whose) {
      return amount(resources.requestOrLimit(resource), whose);
    }

    private long amount(String written, String whose) {
      if (written.isEmpty()) {
        return 0;
      }
      try {
        return Math.min(unit.applyAsLong(written), NodeSpec.UNKNOWN);
      } catch (IllegalArgumentException e) {
        problems.add("The " + resource + " of " + whose + ": " + e.getMessage());
        return 0;
      }
    }
  }
}
