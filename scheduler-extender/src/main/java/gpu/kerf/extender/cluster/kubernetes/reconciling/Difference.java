package gpu.kerf.extender.cluster.kubernetes.reconciling;

import gpu.kerf.extender.wire.PodView;
import java.util.Locale;

/**
 * A pod about which the ledger and the API server disagree.
 *
 * @param node where the pod is bound; where the ledger has it, if it is bound nowhere
 * @param ledger what the ledger says, in words
 * @param api what the API server says, in words
 */
public record Difference(Kind kind, PodView.Ref pod, String node, String ledger, String api) {

  /** What they disagree about. */
  public enum Kind {
    /** It is bound to a node with GPUs, and the ledger does not know it. */
    MISSING,
    /** The ledger has it on another node. */
    ELSEWHERE,
    /** The ledger has it in other slots of the node. */
    OTHER_SLOTS,
    /** The ledger holds slots for a pod that is gone or over. */
    GONE,
    /** The ledger holds slots for a pod that is not bound. */
    UNBOUND,
    /** What is written on the pod cannot be read. */
    UNREADABLE;

    /** As it stands in metrics. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Both sides in a sentence. */
  public String text() {
    return "Kerf's ledger says: " + ledger + ". The API server says: " + api + ".";
  }
}
