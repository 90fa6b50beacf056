package gpu.kerf.model.placement;

import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * How much memory of each GPU a quota must count for a demand, so that it covers the demand on
 * every GPU of a fleet: half a GPU is more on a larger card, and a MIG instance is larger than what
 * was asked for.
 *
 * <p>Of every model it is the largest share, the whole GPU, or the <em>least</em> MIG instance that
 * serves: counted by the largest instance, every small demand would come to a whole GPU. A demand
 * that is counted so must be placed within it, too ({@link
 * gpu.kerf.model.demand.Demand#holdingAtMost}).
 */
public final class QuotaCount {

  private QuotaCount() {}

  /** For each container the memory on each of its GPUs in MiB; 0 if no GPU serves it. */
  public static int[] mostMiB(PreparedDemand demand, Iterable<NodeState> nodes) {
    demand.refresh();
    int[] most = new int[demand.needs().size()];
    for (int i = 0; i < most.length; i++) {
      most[i] = mostMiB(demand.needs().get(i), nodes);
    }
    return most;
  }

  private static int mostMiB(Need need, Iterable<NodeState> nodes) {
    int most = 0;
    Map<Integer, Integer> leastInstances = new HashMap<>();
    for (NodeState node : nodes) {
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        most = Math.max(most, need.whole ? whole(need, node, gpu) : share(need, node, gpu));
        int instance = need.whole ? 0 : leastInstance(need, node, gpu);
        if (instance > 0) {
          leastInstances.merge(node.model(gpu), instance, Math::min);
        }
      }
    }
    return leastInstances.values().stream().mapToInt(Integer::intValue).reduce(most, Math::max);
  }

  /** A card may have more memory than the catalogue says, or less. */
  private static int whole(Need need, NodeState node, int gpu) {
    return need.wholeOn(node.model(gpu)) && node.isWholeable(gpu)
        ? Math.max(node.gpuModel(gpu).memoryMiB(), node.spec().gpus().get(gpu).memoryMiB())
        : 0;
  }

  private static int share(Need need, NodeState node, int gpu) {
    boolean shares =
        node.isPlain(gpu) && node.isSharable(gpu) && need.demand.wall().accepts(Wall.MPS);
    int held = shares ? need.shareMiB(node, gpu) : 0;
    return held <= node.shareable(gpu) ? held : 0;
  }

  private static int leastInstance(Need need, NodeState node, int gpu) {
    GpuSpec spec = node.spec().gpus().get(gpu);
    int[] serving = need.acceptable(node.model(gpu));
    return switch (spec.mode()) {
      case PLAIN -> 0;
      case MIG_DYNAMIC -> least(serving, node, gpu);
      case MIG ->
          least(
              spec.instances().stream()
                  .map(MigInstance::profile)
                  .mapToInt(profile -> profile.index())
                  .filter(index -> Arrays.stream(serving).anyMatch(each -> each == index))
                  .toArray(),
              node,
              gpu);
    };
  }

  private static int least(int[] profiles, NodeState node, int gpu) {
    return Arrays.stream(profiles)
        .map(index -> node.gpuModel(gpu).profiles().get(index).memoryMiB())
        .filter(memory -> memory > 0)
        .min()
        .orElse(0);
  }
}
