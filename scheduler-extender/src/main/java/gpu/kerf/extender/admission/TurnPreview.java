package gpu.kerf.extender.admission;

import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.PodView;

/**
 * Whether a new pod has to wait for its turn, as far as that is known.
 *
 * <p>It need not be right: filter decides anew about a pod that comes without a gate, and a pod
 * with a gate gets its turn like any other.
 */
@FunctionalInterface
public interface TurnPreview {

  /** No pod waits. */
  TurnPreview NONE = (pod, reading) -> false;

  /** Called on the thread of reviews. */
  boolean waits(PodView pod, Reading reading);
}
