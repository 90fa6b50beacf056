package gpu.kerf.extender.turn;

import gpu.kerf.model.budget.BudgetBalance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tells what has become of budgets since the last look. */
final class BudgetNews {
  private final Map<String, Seen> known = new HashMap<>();
  private final List<BudgetListener> listeners = new ArrayList<>();

  private record Seen(long startMillis, long amount, BudgetBalance.Level level) {
    static Seen of(BudgetBalance balance) {
      return new Seen(balance.startMillis(), balance.budget().milliGpuHours(), balance.level());
    }
  }

  void onChange(BudgetListener listener) {
    listeners.add(listener);
  }

  /** What is so at the first look at a team is no news. */
  void look(Map<String, BudgetBalance> balances) {
    known.keySet().retainAll(balances.keySet());
    balances.forEach(
        (team, balance) -> {
          Seen now = Seen.of(balance);
          Seen before = known.put(team, now);
          if (before != null && !before.equals(now)) {
            listeners.forEach(listener -> listener.changed(team, balance));
          }
        });
  }
}
