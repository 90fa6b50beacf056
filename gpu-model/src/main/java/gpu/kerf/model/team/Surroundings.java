package gpu.kerf.model.team;

import gpu.kerf.model.eviction.Budgets;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Ledger;
import java.util.function.UnaryOperator;

/**
 * What a round of turns must know beside the teams.
 *
 * @param budgets the disruption budgets as they are now
 * @param marked adds to a pod what the ledger does not know: who is terminating, who is budgeted
 * @param now in milliseconds
 */
public record Surroundings(
    Ledger ledger, Chooser chooser, Budgets budgets, UnaryOperator<Candidate> marked, long now) {

  /** Without any disruption budget. */
  public static Surroundings of(Ledger ledger, Chooser chooser, long now) {
    return new Surroundings(ledger, chooser, Budgets.none(), UnaryOperator.identity(), now);
  }
}
