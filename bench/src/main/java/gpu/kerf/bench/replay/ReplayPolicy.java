package gpu.kerf.bench.replay;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.placement.Placement;
import org.jspecify.annotations.Nullable;

/**
 * A rule that says where a pod goes on a fleet that it was made for.
 *
 * <p>It decides from the fleet as it is and from what it was told before; time only ever grows. The
 * replay takes and gives back the slots, so a policy changes nothing on a node.
 */
public interface ReplayPolicy {

  /** A pod is here for the first time. It may be asked about more than once, or never. */
  default void arrived(PodDemand pod, long now) {}

  /** Slots for a pod that are free, or null if no node has any. */
  @Nullable Placement place(PodDemand pod, long now);

  /** The slots that were answered are taken. */
  default void placed(PodDemand pod, Placement placement, long now) {}

  /** A pod has gone and its slots are free. */
  default void left(PodDemand pod, Placement placement, long now) {}
}
