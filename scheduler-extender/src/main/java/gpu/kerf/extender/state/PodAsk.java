package gpu.kerf.extender.state;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Reason;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A demand with a cache of its refusals: for every node, the reason why it does not fit there,
 * until the node changes. kube-scheduler asks about a pending pod again at every event.
 */
public final class PodAsk {

  private final PreparedDemand prepared;
  private final Fleet fleet;
  private final Placer placer;
  private @Nullable NodeState[] nodes = new NodeState[0];
  private long[] stamps = new long[0];
  private @Nullable Reason[] reasons = new Reason[0];

  PodAsk(PreparedDemand prepared, Fleet fleet, Placer placer) {
    this.prepared = prepared;
    this.fleet = fleet;
    this.placer = placer;
  }

  public PreparedDemand prepared() {
    return prepared;
  }

  /** Whether it asks for any part of a GPU. */
  public boolean wantsGpus() {
    return !prepared.demand().containers().isEmpty();
  }

  /** Why the demand does not fit on a node; null if it does. */
  public @Nullable Reason refusal(int index) {
    NodeState node = Objects.requireNonNull(fleet.at(index));
    if (index >= nodes.length) {
      int length = Math.max(index + 1, fleet.limit());
      nodes = Arrays.copyOf(nodes, length);
      stamps = Arrays.copyOf(stamps, length);
      reasons = Arrays.copyOf(reasons, length);
    }
    long stamp = stamp(node);
    if (nodes[index] != node || stamps[index] != stamp) {
      reasons[index] = placer.judge(prepared, node).reason();
      nodes[index] = node;
      stamps[index] = stamp;
    }
    return reasons[index];
  }

  /** A number that changes each time the node changes, also if only its CPU or memory changes. */
  private static long stamp(NodeState node) {
    long host = node.freeCpuMilli() * 31L + node.freeHostMiB();
    return host * 0x9E3779B97F4A7C15L ^ node.version();
  }
}
