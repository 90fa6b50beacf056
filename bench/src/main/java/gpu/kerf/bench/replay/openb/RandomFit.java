package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Takes a random node on which a pod fits, and there random GPUs. */
final class RandomFit implements ReplayPolicy {

  private final Fleet fleet;
  private final Random random;
  private final Map<PodDemand, Ask> asks = new HashMap<>();

  RandomFit(Fleet fleet, long seed) {
    this.fleet = fleet;
    this.random = new Random(seed);
  }

  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    Ask ask = asks.computeIfAbsent(pod, Ask::of);
    List<NodeState> fitting = new ArrayList<>();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null && ask.fits(node)) {
        fitting.add(node);
      }
    }
    if (fitting.isEmpty()) {
      return null;
    }
    NodeState node = fitting.get(random.nextInt(fitting.size()));
    return ask.on(node, gpus(ask, node));
  }

  private List<Integer> gpus(Ask ask, NodeState node) {
    List<Integer> fitting = new ArrayList<>();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (ask.fitsOn(node, gpu)) {
        fitting.add(gpu);
      }
    }
    Collections.shuffle(fitting, random);
    return fitting.subList(0, ask.gpus());
  }
}
