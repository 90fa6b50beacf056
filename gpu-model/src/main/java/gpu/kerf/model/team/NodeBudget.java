package gpu.kerf.model.team;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuBudget.OnExhausted;
import gpu.kerf.model.budget.GpuTime;

/**
 * The budget of a team, and what running work with a deadline may still use of it. Work with a
 * deadline starts only if it fits beside that, so that it need not end before its deadline. What
 * runs on when the period ends is set aside of the next one, as if that were all still unused.
 */
final class NodeBudget {

  final BudgetBalance balance;
  private long setAside;
  private long setAsideLater;

  NodeBudget(BudgetBalance balance) {
    this.balance = balance;
  }

  /** Whether nothing is left, so that the team's work runs on what no other team wants. */
  boolean yields() {
    return balance.isExhausted() && balance.budget().onExhausted() == OnExhausted.YIELD;
  }

  /** Whether nothing is left, so that nothing of the team starts. */
  boolean stops() {
    return balance.isExhausted() && balance.budget().onExhausted() != OnExhausted.YIELD;
  }

  /** Whether nothing is left, so that running work of the team must end. */
  boolean evicts() {
    return balance.isExhausted() && balance.budget().onExhausted() == OnExhausted.EVICT;
  }

  /**
   * Whether work may not start.
   *
   * @param milli what it would hold
   * @param longest how long it may run; {@link Work#NO_DEADLINE} if that is not known
   */
  boolean refuses(long milli, long longest) {
    if (balance.budget().onExhausted() == OnExhausted.YIELD) {
      return false;
    }
    long left = balance.left() - setAside;
    if (longest == Work.NO_DEADLINE) {
      return left <= 0;
    }
    long leftLater = balance.budget().milliGpuMillis() - setAsideLater;
    return left <= 0 || now(milli, longest) > left || later(milli, longest) > leftLater;
  }

  /** Work with a deadline runs, and may run for so long from now on. */
  void setAside(long milli, long remaining) {
    setAside = GpuTime.sum(setAside, now(milli, remaining));
    setAsideLater = GpuTime.sum(setAsideLater, later(milli, remaining));
  }

  private long now(long milli, long millis) {
    return GpuTime.product(milli, Math.min(millis, untilEnd()));
  }

  private long later(long milli, long millis) {
    return GpuTime.product(milli, Math.max(0, millis - untilEnd()));
  }

  private long untilEnd() {
    return Math.max(0, balance.endMillis() - balance.atMillis());
  }
}
