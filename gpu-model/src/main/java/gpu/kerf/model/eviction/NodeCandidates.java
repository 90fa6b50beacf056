package gpu.kerf.model.eviction;

import gpu.kerf.model.fleet.Conflict;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A node and the pods on it.
 *
 * <p>What a candidate holds must be held in the node's state. Candidates of other nodes are left
 * out, and of two with one uid the first counts.
 */
public record NodeCandidates(NodeState node, List<Candidate> candidates) {

  public NodeCandidates {
    candidates = standingOn(node.name(), candidates);
  }

  private static List<Candidate> standingOn(String node, List<Candidate> candidates) {
    Set<String> seen = new HashSet<>();
    List<Candidate> standing = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (candidate.placement().node().equals(node) && seen.add(candidate.uid())) {
        standing.add(candidate);
      }
    }
    return List.copyOf(standing);
  }

  /**
   * What the ledger knows of a node; null if it does not know the node. Pods whose placements do
   * not stand are left out: what they hold is not counted, so their going frees nothing. So are
   * places that are held, for they yield to no pod.
   *
   * @param marked adds what the ledger does not know: who is terminating, and who is budgeted
   */
  public static @Nullable NodeCandidates of(
      Ledger ledger, String node, UnaryOperator<Candidate> marked) {
    NodeState state = ledger.fleet().node(node);
    if (state == null) {
      return null;
    }
    Set<String> conflicts = new HashSet<>();
    for (Conflict conflict : ledger.conflicts()) {
      conflicts.add(conflict.entry().uid());
    }
    List<Candidate> candidates = new ArrayList<>();
    for (Entry entry : ledger.entriesOn(node)) {
      if (!conflicts.contains(entry.uid()) && !entry.isHeld()) {
        candidates.add(marked.apply(Candidate.of(entry)));
      }
    }
    return new NodeCandidates(state, candidates);
  }
}
