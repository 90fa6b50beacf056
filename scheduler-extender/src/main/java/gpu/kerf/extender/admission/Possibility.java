package gpu.kerf.extender.admission;

import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.state.FleetSnapshot;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.QuotaCount;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether any managed node could take a pod if it were empty. While no node is known, or one node
 * cannot be read, there is no answer.
 *
 * <p>One thread at a time. Nodes that differ only in their names and in the names of their GPUs are
 * one kind here, so that a fleet of thousands of nodes is checked quickly.
 */
final class Possibility {

  private static final int MOST_MODELS = 8;

  private final boolean complete;
  private final Fleet kinds = new Fleet();
  private final List<Integer> nodesOf = new ArrayList<>();
  private final Placer placer;

  Possibility(FleetSnapshot snapshot) {
    this.complete = snapshot.complete();
    Map<NodeSpec, Integer> counts = new LinkedHashMap<>();
    for (NodeSpec node : snapshot.nodes()) {
      counts.merge(kind(node, "a"), 1, Integer::sum);
    }
    counts.forEach(
        (kind, count) -> {
          kinds.put(kind(kind, "kind-" + nodesOf.size()));
          nodesOf.add(count);
        });
    this.placer = new Placer(Prices.neutral(kinds.models()));
  }

  /** Where no node is known. */
  static Possibility ofNothing() {
    return new Possibility(FleetSnapshot.EMPTY);
  }

  /** A node without what makes it this one. */
  private static NodeSpec kind(NodeSpec node, String name) {
    List<GpuSpec> gpus = new ArrayList<>(node.gpus().size());
    for (GpuSpec gpu : node.gpus()) {
      List<MigInstance> instances =
          gpu.instances().stream()
              .map(each -> new MigInstance(null, each.profile(), each.start()))
              .toList();
      gpus.add(
          new GpuSpec(
              null, gpu.model(), gpu.memoryMiB(), gpu.mode(), instances, gpu.mostClients()));
    }
    return new NodeSpec(
        name,
        gpus,
        Topology.uniform(gpus.size()),
        node.cpuMilli(),
        node.hostMemoryMiB(),
        node.delivery(),
        withoutPool(node.devices()));
  }

  private static @Nullable DriverDevices withoutPool(@Nullable DriverDevices devices) {
    return devices == null ? null : new DriverDevices(devices.driver(), "a", devices.gpus());
  }

  /** Why no node could take the pod; null if one could, or if there is no answer. */
  @Nullable PodProblem problem(PodDemand demand) {
    if (demand.containers().isEmpty() || kinds.size() == 0) {
      return null;
    }
    PreparedDemand prepared = new PreparedDemand(unbounded(demand), kinds.models());
    placer.startDecision();
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    for (int i = 0; i < kinds.limit(); i++) {
      Reason reason = placer.judge(prepared, Objects.requireNonNull(kinds.at(i))).reason();
      if (reason == null || !reason.never()) {
        return null;
      }
      reasons.merge(reason, nodesOf.get(i), Integer::sum);
    }
    return describe(reasons, kinds);
  }

  /** Whether every managed node is known with its GPUs. */
  boolean isSure() {
    return complete;
  }

  private static PodProblem describe(Map<Reason, Integer> reasons, Fleet fleet) {
    StringBuilder what = new StringBuilder("No managed node could ever take the pod: ");
    Reason most = null;
    String separator = "";
    for (Map.Entry<Reason, Integer> each : reasons.entrySet()) {
      int nodes = each.getValue();
      what.append(separator).append(each.getKey().text());
      what.append(" (").append(nodes).append(nodes == 1 ? " node)" : " nodes)");
      separator = "; ";
      // GPUs of the other mode say little about what would fit.
      boolean better =
          most == null
              || isOtherMode(most)
              || (!isOtherMode(each.getKey()) && nodes > reasons.getOrDefault(most, 0));
      most = better ? each.getKey() : most;
    }
    return new PodProblem(Kind.IMPOSSIBLE, what + ".", most == null ? "" : hint(most, fleet));
  }

  private static boolean isOtherMode(Reason reason) {
    return reason == Reason.WRONG_WALL || reason == Reason.NO_WHOLE_GPUS;
  }

  private static String hint(Reason reason, Fleet fleet) {
    return switch (reason) {
      case TOO_BIG ->
          "The largest managed GPU has "
              + largestMiB(fleet)
              + "Mi, less what the driver keeps. Maybe ask for less, or add the annotation"
              + " kerf.gpu/split: \"2\".";
      case TOO_FEW_GPUS ->
          "The largest managed node has "
              + mostGpus(fleet)
              + " GPUs. Maybe ask for fewer per pod and run more pods.";
      case WRONG_MODEL -> "Managed GPUs are " + models(fleet) + ".";
      case WRONG_WALL ->
          "Maybe leave the wall out, and volumes at /dev/shm, with which a pod cannot have a share"
              + " behind MPS.";
      case NO_WHOLE_GPUS ->
          "Maybe ask for memory (kerf.gpu/memory: 8Gi), which a MIG instance can give.";
      case NO_SUCH_PROFILE ->
          "Maybe ask for memory (kerf.gpu/memory: 8Gi), so that Kerf finds the profile.";
      default -> "Ask for less.";
    };
  }

  private static int largestMiB(Fleet fleet) {
    int largest = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        largest = Math.max(largest, node.spec().gpus().get(gpu).memoryMiB());
      }
    }
    return largest;
  }

  /** The memory of the smallest managed GPU; 0 if none is known. */
  int smallestMiB() {
    Fleet fleet = kinds;
    int smallest = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        int mib = node.spec().gpus().get(gpu).memoryMiB();
        smallest = smallest == 0 ? mib : Math.min(smallest, mib);
      }
    }
    return smallest;
  }

  /** What quota must count of each GPU of each container; 0 where no managed GPU serves it. */
  int[] mostMiB(PodDemand demand) {
    List<NodeState> nodes = new ArrayList<>(kinds.size());
    for (int i = 0; i < kinds.limit(); i++) {
      NodeState node = kinds.at(i);
      if (node != null) {
        nodes.add(node);
      }
    }
    return QuotaCount.mostMiB(new PreparedDemand(unbounded(demand), kinds.models()), nodes);
  }

  /** What a pod asks, without a bound by what was counted for it. */
  private static PodDemand unbounded(PodDemand demand) {
    return demand.withContainers(
        demand.containers().stream()
            .map(each -> new PodDemand.Container(each.name(), each.demand().holdingAtMost(0)))
            .toList());
  }

  private static int mostGpus(Fleet fleet) {
    int most = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      most = Math.max(most, node == null ? 0 : node.gpus());
    }
    return most;
  }

  private static String models(Fleet fleet) {
    TreeSet<String> names = new TreeSet<>();
    for (int i = 0; i < fleet.limit() && names.size() < MOST_MODELS; i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        for (GpuSpec gpu : node.spec().gpus()) {
          names.add(gpu.model().name());
        }
      }
    }
    return String.join(", ", names);
  }
}
