package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Takes a random GPU with a free start, and there a random free start. */
final class RandomStart implements ReplayPolicy {

  private final Fleet fleet;
  private final Random random;

  RandomStart(Fleet fleet, long seed) {
    this.fleet = fleet;
    this.random = new Random(seed);
  }

  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    int index = Card.indexOf(pod);
    MigProfile profile = Card.profile(index);
    NodeState chosen = null;
    int chosenGpu = 0;
    int seen = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        boolean fits = Card.model().geometry().fits(node.occupied(gpu), profile);
        // The n-th that fits takes the place of the chosen one with probability 1/n.
        if (fits && random.nextInt(++seen) == 0) {
          chosen = node;
          chosenGpu = gpu;
        }
      }
    }
    return chosen == null
        ? null
        : Card.on(chosen, chosenGpu, index, start(chosen, chosenGpu, profile));
  }

  private int start(NodeState node, int gpu, MigProfile profile) {
    int starts = Card.model().geometry().startsFree(node.occupied(gpu), profile);
    for (int skip = random.nextInt(Integer.bitCount(starts)); skip > 0; skip--) {
      starts &= starts - 1;
    }
    return Integer.numberOfTrailingZeros(starts);
  }
}
