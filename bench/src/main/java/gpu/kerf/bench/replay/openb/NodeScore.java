package gpu.kerf.bench.replay.openb;

import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Rates the nodes on which a pod fits; the highest rating wins. */
interface NodeScore {

  /** The rating of a node on which the pod fits, 0 or more; it depends on that node alone. */
  int of(Ask ask, int index, NodeState node);

  /** The GPUs that the pod gets there: for a share the fullest that fits, else the first ones. */
  default List<Integer> gpus(Ask ask, int index, NodeState node) {
    List<Integer> fitting = new ArrayList<>();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if (ask.fitsOn(node, gpu)) {
        fitting.add(gpu);
      }
    }
    fitting.sort(Comparator.comparingInt(node::freeMiB));
    return fitting.subList(0, ask.gpus());
  }

  /** Something on a node is not as it was. */
  default void changed(int index) {}
}
