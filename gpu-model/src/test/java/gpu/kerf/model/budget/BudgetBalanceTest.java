package gpu.kerf.model.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.budget.BudgetBalance.Level;
import gpu.kerf.model.budget.GpuBudget.OnExhausted;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetBalanceTest {
  private static final Instant NOVEMBER_30 = Instant.parse("2026-11-30T12:00:00Z");

  private static BudgetBalance balance(long milliGpuHours, long used) {
    return new GpuBudget(milliGpuHours, BudgetPeriod.MONTH, ZoneOffset.UTC, OnExhausted.HOLD)
        .at(NOVEMBER_30, since -> used);
  }

  @ParameterizedTest
  @CsvSource({
    // 10 GPU hours are 10,000 thousandths for 3,600,000 ms each
    "10000, 0,           WITHIN,          36000000000",
    "10000, 28799999999, WITHIN,          7200000001",
    "10000, 28800000000, USED_80_PERCENT, 7200000000",
    "10000, 34200000000, USED_95_PERCENT, 1800000000",
    "10000, 35999999999, USED_95_PERCENT, 1",
    "10000, 36000000000, EXHAUSTED,       0",
    "10000, 99000000000, EXHAUSTED,       0",
    "0,     0,           EXHAUSTED,       0",
  })
  void theLevelIsReachedToTheLastMillisecond(long budget, long used, Level level, long left) {
    BudgetBalance balance = balance(budget, used);
    assertThat(balance.level()).isEqualTo(level);
    assertThat(balance.left()).isEqualTo(left);
    assertThat(balance.isExhausted()).isEqualTo(level == Level.EXHAUSTED);
  }

  @Test
  void usageIsAskedForSinceTheStartOfThePeriod() {
    BudgetBalance balance =
        new GpuBudget(1, BudgetPeriod.MONTH, ZoneOffset.UTC, OnExhausted.HOLD)
            .at(NOVEMBER_30, since -> since);
    assertThat(balance.used()).isEqualTo(Instant.parse("2026-11-01T00:00:00Z").toEpochMilli());
    assertThat(balance.startMillis()).isEqualTo(balance.used());
    assertThat(balance.endMillis()).isEqualTo(Instant.parse("2026-12-01T00:00:00Z").toEpochMilli());
  }

  @Test
  void aBudgetThatNoClusterCanUseDoesNotOverflow() {
    BudgetBalance balance = balance(999_999_999_999_999L, Long.MAX_VALUE / 2);
    assertThat(balance.left()).isPositive();
    assertThat(balance.level()).isEqualTo(Level.WITHIN);
  }

  @Test
  void aNegativeBudgetIsRefusedWithItsValue() {
    assertThatThrownBy(() -> balance(-1500, 0)).hasMessageContaining("(-1.500)");
  }
}
