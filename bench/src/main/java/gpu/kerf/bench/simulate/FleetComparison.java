package gpu.kerf.bench.simulate;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the replicas think is free on each node. One of them may have been started a moment
 * ago: then what it has built from pods and claims is compared with what the other one has
 * followed.
 */
final class FleetComparison {
  private final List<Replica> replicas;

  FleetComparison(List<Replica> replicas) {
    this.replicas = replicas;
  }

  /** Where two differ; null where they do not, or cannot be compared. */
  @Nullable Violation problem() {
    Map<String, String> first = null;
    for (Replica replica : replicas) {
      Replica.Life life = replica.life();
      if (life == null || hasProposals(life)) {
        return null;
      }
      Map<String, String> states = states(life);
      if (first != null && !first.equals(states)) {
        return new Violation(
            replica.name()
                + " holds something else than another replica: "
                + states
                + "("
                + claims(life)
                + "), not "
                + first);
      }
      first = states;
    }
    return null;
  }

  /** A place that is proposed to a pod is known to one replica. */
  private static boolean hasProposals(Replica.Life life) {
    return life.scheduling().ledger().entries().stream()
        .anyMatch(entry -> entry.state() == Entry.State.PROPOSED);
  }

  private static Map<String, String> states(Replica.Life life) {
    Map<String, String> states = new TreeMap<>();
    Fleet fleet = life.scheduling().fleet();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        states.put(node.name(), state(node));
      }
    }
    return states;
  }

  /** What it says that claims hold, for people. */
  private static String claims(Replica.Life life) {
    Ledger ledger = life.scheduling().ledger();
    StringBuilder text = new StringBuilder();
    Fleet fleet = life.scheduling().fleet();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        text.append(ledger.holdsOn(node.name())).append(' ');
      }
    }
    return text.append(ledger.conflicts()).toString();
  }

  private static String state(NodeState node) {
    StringBuilder text = new StringBuilder();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      text.append(node.spec().gpus().get(gpu).uuid())
          .append(node.isUsable(gpu) ? " usable " : " closed ")
          .append(node.isWholeHeld(gpu) ? "whole " : "")
          .append(node.occupied(gpu))
          .append(' ')
          .append(node.freeMiB(gpu))
          .append("; ");
    }
    return text.toString();
  }
}
