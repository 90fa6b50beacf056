package gpu.kerf.extender.audit;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A breach of a rule.
 *
 * @param gpu the index; -1 where no GPU is concerned, or where it is not known
 * @param uuid of the GPU; empty where it is not known
 * @param holders the holders that are involved; none where an object of a node breaks the rule
 * @param text one sentence
 */
public record Finding(
    Rule rule, String node, int gpu, String uuid, List<Claimant> holders, String text) {
  public Finding {
    holders = List.copyOf(holders);
  }

  public boolean isOverlap() {
    return rule.level() == Rule.Level.OVERLAP;
  }

  /**
   * Whether another reading found the same: the rule is broken on the same GPU by enough of the
   * same holders.
   */
  public boolean isConfirmedBy(Finding other) {
    if (rule != other.rule
        || !node.equals(other.node)
        || gpu != other.gpu
        || !uuid.equals(other.uuid)) {
      return false;
    }
    Set<String> common = uids();
    common.retainAll(other.uids());
    return common.size() >= Math.min(isOverlap() ? 2 : 1, uids().size());
  }

  private Set<String> uids() {
    Set<String> uids = new HashSet<>();
    holders.forEach(holder -> uids.add(holder.uid()));
    return uids;
  }
}
