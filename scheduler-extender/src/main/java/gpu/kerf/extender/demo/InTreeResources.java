package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.SimPod;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The in-tree filters of kube-scheduler, which know sums per node. They see how much GPU memory and
 * how many whole GPUs are advertised and requested, but not their positions.
 */
final class InTreeResources {

  private static final Comparator<SimPod> MOST_IMPORTANT_FIRST =
      Comparator.<SimPod>comparingInt(pod -> -pod.priority()).thenComparingLong(SimPod::created);

  /** Amounts that are added up. */
  private record Sum(long memoryMiB, long whole, long cpuMilli) {
    Sum plus(Sum other) {
      return new Sum(memoryMiB + other.memoryMiB, whole + other.whole, cpuMilli + other.cpuMilli);
    }

    boolean fitsInto(Sum limit) {
      return memoryMiB <= limit.memoryMiB && whole <= limit.whole && cpuMilli <= limit.cpuMilli;
    }
  }

  private final SimApiServer server;
  private final Map<String, Sum> allocatable = new LinkedHashMap<>();

  InTreeResources(SimApiServer server) {
    this.server = server;
    for (NodeSpec node : server.nodes()) {
      allocatable.put(node.name(), allocatable(node));
    }
  }

  private static Sum allocatable(NodeSpec node) {
    long memory = node.gpus().stream().mapToLong(gpu -> gpu.memoryMiB()).sum();
    long whole = node.gpus().stream().filter(gpu -> gpu.mode() == GpuMode.PLAIN).count();
    return new Sum(memory, whole, node.cpuMilli());
  }

  private static Sum asked(JsonNode manifest) {
    Sum sum = new Sum(0, 0, 0);
    for (JsonNode container : manifest.path("spec").path("containers")) {
      JsonNode asked = container.path("resources").path("requests");
      String memory = asked.path("kerf.gpu/memory").asText("");
      String cpu = asked.path("cpu").asText("0m");
      sum =
          sum.plus(
              new Sum(
                  memory.isEmpty() ? 0 : MemoryMiB.parse(memory).value(),
                  asked.path("kerf.gpu/whole").asLong(0),
                  Long.parseLong(cpu.replace("m", ""))));
    }
    return sum;
  }

  /**
   * The victims that the dry run of preemption finds on each node that filter thinks can be freed:
   * every pod of lower priority goes, and a pod that fits in again by sums stays. Where the sums
   * are no obstacle that leaves no victim, and the node is a candidate without victims.
   */
  List<Extender.Victims> candidates(Run preemptor, Iterable<String> nodes) {
    List<Extender.Victims> candidates = new ArrayList<>();
    for (String node : nodes) {
      List<SimPod> lower = new ArrayList<>();
      Sum used = asked(preemptor.manifest());
      for (SimPod pod : server.podsOn(node)) {
        if (pod.priority() < preemptor.work().kind().priority()) {
          lower.add(pod);
        } else {
          used = used.plus(asked(pod.manifest()));
        }
      }
      Sum limit = allocatable.getOrDefault(node, new Sum(0, 0, 0));
      if (!lower.isEmpty() && used.fitsInto(limit)) {
        candidates.add(new Extender.Victims(node, victims(lower, used, limit), 0));
      }
    }
    return candidates;
  }

  private static List<String> victims(List<SimPod> lower, Sum used, Sum limit) {
    List<String> victims = new ArrayList<>();
    Sum sum = used;
    lower.sort(MOST_IMPORTANT_FIRST);
    for (SimPod pod : lower) {
      Sum with = sum.plus(asked(pod.manifest()));
      if (with.fitsInto(limit)) {
        sum = with;
      } else {
        victims.add(pod.uid());
      }
    }
    return victims;
  }
}
