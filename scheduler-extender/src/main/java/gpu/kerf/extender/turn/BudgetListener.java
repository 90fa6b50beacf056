package gpu.kerf.extender.turn;

import gpu.kerf.model.budget.BudgetBalance;

/** Hears of budgets that are used up, extended, or begin anew. */
@FunctionalInterface
public interface BudgetListener {

  /** A budget has reached another level, was changed, or its next period has begun. */
  void changed(String team, BudgetBalance now);
}
