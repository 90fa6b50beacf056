package gpu.kerf.bench.replay.openb;

import gpu.kerf.model.placement.NodeState;

/**
 * Best fit: prefers the node with the least free CPU and GPU, in parts of the largest node that
 * FGD's simulator knows (128 CPUs, 8 GPUs). That simulator then stretches the ratings of the
 * fitting nodes to 0..100, which changes neither their order nor which are equal.
 */
final class BestFitScore implements NodeScore {

  private static final double MOST_CPU = 128_000;
  private static final double MOST_GPU = 8_000;

  /** Keeps ratings positive on nodes that are larger than that. */
  private static final int FLOOR = 10_000_000;

  @Override
  public int of(Ask ask, int index, NodeState node) {
    int gpu = -ask.total();
    for (int i = 0; i < node.gpus(); i++) {
      gpu += node.freeMiB(i);
    }
    int cpu = node.freeCpuMilli() - ask.cpuMilli();
    double left = 0.5 * cpu / MOST_CPU + 0.5 * gpu / MOST_GPU;
    return Math.max(0, FLOOR + (int) (100 * (1 - left)));
  }
}
