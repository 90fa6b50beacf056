package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.openb.TypicalPods.Typical;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * FGD: prefers the node whose expected fragmentation grows least (Weng et al., USENIX ATC 2023), as
 * its authors' simulator computes it.
 *
 * <p>The rating is the sigmoid of the growth in GPUs, cut to a whole number of percent. The cut is
 * part of the rule: it makes many nodes equal, and the first of them by name wins.
 */
final class FgdScore implements NodeScore {

  private final Fragmentation fragmentation;
  private final boolean[][] served;
  private final double[] before;

  FgdScore(Fleet fleet, List<Typical> typical) {
    this.fragmentation = new Fragmentation(typical);
    this.served = new boolean[fleet.limit()][];
    this.before = new double[fleet.limit()];
    Arrays.fill(before, Double.NaN);
    for (int i = 0; i < served.length; i++) {
      served[i] = fragmentation.servedBy(Objects.requireNonNull(fleet.at(i)));
    }
  }

  @Override
  public int of(Ask ask, int index, NodeState node) {
    return isShare(ask) ? best(ask, index, node).rating() : rating(ask, index, node, -1);
  }

  @Override
  public List<Integer> gpus(Ask ask, int index, NodeState node) {
    return isShare(ask)
        ? List.of(best(ask, index, node).gpu())
        : NodeScore.super.gpus(ask, index, node);
  }

  private static boolean isShare(Ask ask) {
    return ask.gpus() == 1 && ask.milli() < Ask.WHOLE;
  }

  private record Best(int rating, int gpu) {}

  /** The first of the GPUs with the highest rating. */
  private Best best(Ask ask, int index, NodeState node) {
    Best best = new Best(-1, -1);
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (ask.fitsOn(node, gpu) && !isLikeAnEarlierOne(node, gpu)) {
        int rating = rating(ask, index, node, gpu);
        best = rating > best.rating() ? new Best(rating, gpu) : best;
      }
    }
    return best;
  }

  /** As much is free as on a GPU before it, so that its rating is the same and cannot win. */
  private static boolean isLikeAnEarlierOne(NodeState node, int gpu) {
    for (int earlier = 0; earlier < gpu; earlier++) {
      if (node.freeMiB(earlier) == node.freeMiB(gpu)) {
        return true;
      }
    }
    return false;
  }

  /** With the whole demand on one GPU, or if that is negative on those that it would get. */
  private int rating(Ask ask, int index, NodeState node, int only) {
    int[] free = Fragmentation.free(node);
    if (Double.isNaN(before[index])) {
      before[index] = fragmentation.expected(served[index], node.freeCpuMilli(), free);
    }
    if (only >= 0) {
      free[only] -= ask.milli();
    } else {
      for (int gpu : NodeScore.super.gpus(ask, index, node)) {
        free[gpu] -= ask.milli();
      }
    }
    int cpu = node.freeCpuMilli() - ask.cpuMilli();
    double growth = fragmentation.expected(served[index], cpu, free) - before[index];
    return (int) (100 * (1 / (1 + Math.exp(growth / Ask.WHOLE))));
  }

  @Override
  public void changed(int index) {
    before[index] = Double.NaN;
  }
}
