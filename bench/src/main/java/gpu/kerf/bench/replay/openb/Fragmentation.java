package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.openb.TypicalPods.Typical;
import gpu.kerf.model.placement.NodeState;
import java.util.List;

/**
 * The free GPU memory of a node that the next typical pod could not use, by FGD's measure and by a
 * stricter one.
 *
 * <p>FGD's is an expectation over the typical pods. If a pod needs no GPU, or cannot run on the
 * node at all, then everything that is free is a fragment; otherwise the free parts of GPUs with
 * less room than it asks for are. (Weng et al., "Beware of Fragmentation", USENIX ATC 2023.)
 *
 * <p>A part is <em>stranded</em> when no typical pod that needs GPUs could use it.
 */
final class Fragmentation {

  private final List<Typical> typical;
  private final double[] weights;
  private final int[] cpus;
  private final int[] gpus;
  private final int[] millis;

  Fragmentation(List<Typical> typical) {
    this.typical = typical;
    this.weights = typical.stream().mapToDouble(Typical::weight).toArray();
    this.cpus = typical.stream().mapToInt(kind -> kind.ask().cpuMilli()).toArray();
    this.gpus = typical.stream().mapToInt(kind -> kind.ask().gpus()).toArray();
    this.millis = typical.stream().mapToInt(kind -> kind.ask().milli()).toArray();
  }

  /** Which typical pods the cards of a node are good for. All cards of a node are of one model. */
  boolean[] servedBy(NodeState node) {
    boolean[] served = new boolean[typical.size()];
    for (int kind = 0; kind < served.length; kind++) {
      served[kind] = node.gpus() > 0 && typical.get(kind).ask().accepts(node.gpuModel(0).name());
    }
    return served;
  }

  /** What is free on each GPU of a node. */
  static int[] free(NodeState node) {
    int[] free = new int[node.gpus()];
    for (int gpu = 0; gpu < free.length; gpu++) {
      free[gpu] = node.freeMiB(gpu);
    }
    return free;
  }

  /** FGD's measure of a node with so much CPU and so much of each GPU free. */
  double expected(boolean[] served, int freeCpu, int[] free) {
    int all = 0;
    for (int room : free) {
      all += room;
    }
    double sum = 0;
    for (int kind = 0; kind < weights.length; kind++) {
      boolean runs = gpus[kind] > 0 && served[kind] && cpus[kind] <= freeCpu;
      sum += weights[kind] * (runs ? tooSmall(kind, free, all) : all);
    }
    return sum;
  }

  private int tooSmall(int kind, int[] free, int all) {
    int fitting = 0;
    int small = 0;
    for (int room : free) {
      if (room >= millis[kind]) {
        fitting++;
      } else {
        small += room;
      }
    }
    return fitting < gpus[kind] ? all : small;
  }

  /** What no typical pod could use. */
  int stranded(boolean[] served, int freeCpu, int[] free) {
    int smallest = Integer.MAX_VALUE;
    for (int kind = 0; kind < weights.length; kind++) {
      if (gpus[kind] > 0 && served[kind] && cpus[kind] <= freeCpu && millis[kind] < smallest) {
        smallest = fitting(free, millis[kind]) >= gpus[kind] ? millis[kind] : smallest;
      }
    }
    int stranded = 0;
    for (int room : free) {
      stranded += room < smallest ? room : 0;
    }
    return stranded;
  }

  private static int fitting(int[] free, int milli) {
    int fitting = 0;
    for (int room : free) {
      fitting += room >= milli ? 1 : 0;
    }
    return fitting;
  }
}
