package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import org.jspecify.annotations.Nullable;

/** Takes the GPU and start that a rule finds cheapest, from tables over all occupancies. */
final class LeastCost implements ReplayPolicy {

  private static final int OCCUPANCIES = 1 << Card.SLICES;
  private static final long NOWHERE = Long.MAX_VALUE;

  private final Fleet fleet;
  private final long[][] cost = new long[Card.PROFILES][OCCUPANCIES];
  private final int[][] start = new int[Card.PROFILES][OCCUPANCIES];

  LeastCost(Fleet fleet, MigRule rule) {
    this.fleet = fleet;
    for (int profile = 0; profile < Card.PROFILES; profile++) {
      for (int occupied = 0; occupied < OCCUPANCIES; occupied++) {
        fill(rule, profile, occupied);
      }
    }
  }

  private void fill(MigRule rule, int index, int occupied) {
    MigProfile profile = Card.profile(index);
    int free = Card.model().geometry().startsFree(occupied, profile);
    boolean high = rule.prefersHighStart(profile);
    cost[index][occupied] = NOWHERE;
    for (int i = 0; i < Card.SLICES; i++) {
      int at = high ? Card.SLICES - 1 - i : i;
      long there = (free >> at & 1) == 0 ? NOWHERE : rule.cost(occupied, profile, at);
      if (there < cost[index][occupied]) {
        cost[index][occupied] = there;
        start[index][occupied] = at;
      }
    }
  }

  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    int profile = Card.indexOf(pod);
    NodeState best = null;
    int bestGpu = 0;
    long least = NOWHERE;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        long there = cost[profile][node.occupied(gpu)];
        if (there < least) {
          least = there;
          best = node;
          bestGpu = gpu;
        }
      }
    }
    return best == null
        ? null
        : Card.on(best, bestGpu, profile, start[profile][best.occupied(bestGpu)]);
  }
}
