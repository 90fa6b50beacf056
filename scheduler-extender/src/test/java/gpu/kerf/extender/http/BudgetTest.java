package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BudgetTest {
  private final AtomicLong nanos = new AtomicLong(5_000_000_000L);
  private final Budget budget = new Budget(200, nanos::get);

  @Test
  void workMayGoOnUntilTheSecondsShareIsSpent() {
    work(150);
    assertThat(budget.mayWork()).isTrue();
    work(60);
    assertThat(budget.mayWork()).isFalse();
  }

  @Test
  void whatWasOverspentIsPaidBackSecondBySecond() {
    work(500);
    nextSecond();
    assertThat(budget.mayWork()).as("300 are owed").isFalse();
    nextSecond();
    assertThat(budget.mayWork()).as("100 are owed").isTrue();
  }

  private void work(long cost) {
    assertThat(budget.mayWork()).isTrue();
    budget.work(() -> nanos.addAndGet(cost));
  }

  private void nextSecond() {
    nanos.addAndGet(1_000_000_000);
  }
}
