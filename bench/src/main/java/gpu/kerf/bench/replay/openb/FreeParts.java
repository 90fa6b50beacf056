package gpu.kerf.bench.replay.openb;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import java.util.Objects;

/** The free parts of a fleet's GPUs that no typical pod can use, updated when nodes change. */
final class FreeParts {

  private final Fleet fleet;
  private final Fragmentation fragmentation;
  private final boolean[][] served;
  private final double[] fragments;
  private final int[] stranded;
  private double allFragments;
  private long allStranded;

  FreeParts(Fleet fleet, Fragmentation fragmentation) {
    this.fleet = fleet;
    this.fragmentation = fragmentation;
    this.served = new boolean[fleet.limit()][];
    this.fragments = new double[fleet.limit()];
    this.stranded = new int[fleet.limit()];
    for (int i = 0; i < served.length; i++) {
      served[i] = fragmentation.servedBy(node(i));
      measure(i);
    }
  }

  private NodeState node(int index) {
    return Objects.requireNonNull(fleet.at(index));
  }

  void changed(String node) {
    measure(fleet.indexOf(node));
  }

  private void measure(int i) {
    int cpu = node(i).freeCpuMilli();
    int[] free = Fragmentation.free(node(i));
    allFragments -= fragments[i];
    allStranded -= stranded[i];
    fragments[i] = fragmentation.expected(served[i], cpu, free);
    stranded[i] = fragmentation.stranded(served[i], cpu, free);
    allFragments += fragments[i];
    allStranded += stranded[i];
  }

  double fragments() {
    return allFragments;
  }

  long stranded() {
    return allStranded;
  }
}
