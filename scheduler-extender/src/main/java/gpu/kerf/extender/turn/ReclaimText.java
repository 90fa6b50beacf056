package gpu.kerf.extender.turn;

import gpu.kerf.model.team.Reclaim;

/** Says in words who takes what from whom, and by which rule. */
final class ReclaimText {

  private ReclaimText() {}

  static String ofVictim(Reclaim reclaim, Reclaim.Victim victim) {
    String taker = TeamNames.text(reclaim.work().team());
    String owner = TeamNames.text(victim.work().team());
    return switch (reclaim.rule()) {
      case BUDGET ->
          "Evicted because "
              + owner
              + " has used up its budget and runs on what no other team wants, and "
              + taker
              + " wants it.";
      case GUARANTEE ->
          "Evicted because "
              + taker
              + " takes back its guarantee, and "
              + owner
              + " holds more than its own.";
      case SHARE ->
          "Evicted because "
              + taker
              + " is below its share, and "
              + owner
              + " holds more than its own.";
      case PRIORITY -> "Evicted to make room for work of higher priority of the same team.";
      case PATIENCE ->
          "Evicted because the pod filled a place that is kept for "
              + taker
              + ", whose work has waited for long.";
    };
  }
}
