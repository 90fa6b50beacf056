package gpu.kerf.model.fleet;

import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeWorth;
import gpu.kerf.model.price.Prices;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How many MIG instances of each kind could still start in the fleet, by GPU model. Only nodes that
 * have changed since the last count are counted again.
 */
final class StartCounts {

  private static final int[][] NOTHING = {};
  private static final int[] NONE = {};

  private @Nullable NodeState[] nodes = {};
  private int[] versions = {};

  /** What each node adds, by model; nothing for models that it has not. */
  private int[][][] added = {};

  private int[][] sums = {};

  /** Counts what has changed. Prices must know all models of the fleet. */
  void refresh(Fleet fleet, Prices prices) {
    reserve(fleet.limit(), prices);
    for (int i = 0; i < nodes.length; i++) {
      NodeState node = i < fleet.limit() ? fleet.at(i) : null;
      if (node != nodes[i] || (node != null && node.version() != versions[i])) {
        count(i, node, prices);
      }
    }
  }

  /** By kind of profile. */
  int[] of(int model) {
    return sums[model];
  }

  private void reserve(int limit, Prices prices) {
    if (nodes.length < limit) {
      int old = nodes.length;
      int size = Math.max(limit, old * 2);
      nodes = Arrays.copyOf(nodes, size);
      versions = Arrays.copyOf(versions, size);
      added = Arrays.copyOf(added, size);
      Arrays.fill(added, old, size, NOTHING);
    }
    for (int model = sums.length; model < prices.models(); model++) {
      sums = Arrays.copyOf(sums, model + 1);
      sums[model] = new int[prices.mig(model).kinds()];
    }
  }

  private void count(int index, @Nullable NodeState node, Prices prices) {
    add(added[index], -1);
    added[index] = node == null || !node.hasDynamic() ? NOTHING : startsOn(node, prices);
    add(added[index], 1);
    nodes[index] = node;
    versions[index] = node == null ? 0 : node.version();
  }

  private static int[][] startsOn(NodeState node, Prices prices) {
    int[][] counts = new int[prices.models()][];
    for (int model = 0; model < counts.length; model++) {
      int[] ofModel = new int[prices.mig(model).kinds()];
      NodeWorth.countStarts(node, model, prices.mig(model), ofModel);
      counts[model] = Arrays.stream(ofModel).anyMatch(starts -> starts > 0) ? ofModel : NONE;
    }
    return counts;
  }

  private void add(int[][] counts, int sign) {
    for (int model = 0; model < counts.length; model++) {
      for (int kind = 0; kind < counts[model].length; kind++) {
        sums[model][kind] += sign * counts[model][kind];
      }
    }
  }
}
