package gpu.kerf.model.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BudgetPeriodTest {

  @ParameterizedTest
  @CsvSource({
    "DAY,     2026-11-30T12:00:00Z, UTC,           2026-11-30T00:00:00Z, 2026-12-01T00:00:00Z",
    // midnight of Berlin is 23:00 UTC in winter
    "DAY,     2026-11-30T23:00:00Z, Europe/Berlin, 2026-11-30T23:00:00Z, 2026-12-01T23:00:00Z",
    // a Monday
    "WEEK,    2026-11-30T00:00:00Z, UTC,           2026-11-30T00:00:00Z, 2026-12-07T00:00:00Z",
    "WEEK,    2026-11-29T23:59:59Z, UTC,           2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
    "MONTH,   2026-11-30T23:30:00Z, Europe/Berlin, 2026-11-30T23:00:00Z, 2026-12-31T23:00:00Z",
    "MONTH,   2028-02-29T12:00:00Z, UTC,           2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
    "QUARTER, 2026-11-30T12:00:00Z, UTC,           2026-10-01T00:00:00Z, 2027-01-01T00:00:00Z",
    "QUARTER, 2026-01-31T12:00:00Z, UTC,           2026-01-01T00:00:00Z, 2026-04-01T00:00:00Z",
    "YEAR,    2026-12-31T23:59:59Z, UTC,           2026-01-01T00:00:00Z, 2027-01-01T00:00:00Z",
    // a day of 23 hours and one of 25
    "DAY,     2026-03-29T12:00:00Z, Europe/Berlin, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
    "DAY,     2026-10-25T12:00:00Z, Europe/Berlin, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
    // Beirut skips the hour after midnight: the day begins at 1:00, which is 22:00 UTC
    "DAY,     2026-03-29T12:00:00Z, Asia/Beirut,   2026-03-28T22:00:00Z, 2026-03-29T21:00:00Z",
    // Havana has the hour after midnight twice: the day begins at the first
    "DAY,     2026-11-01T05:30:00Z, America/Havana, 2026-11-01T04:00:00Z, 2026-11-02T05:00:00Z",
    // Apia skipped the 30th of December 2011
    "DAY,     2011-12-30T09:59:59Z, Pacific/Apia,  2011-12-29T10:00:00Z, 2011-12-30T10:00:00Z",
    "DAY,     2011-12-30T10:00:00Z, Pacific/Apia,  2011-12-30T10:00:00Z, 2011-12-31T10:00:00Z",
  })
  void aPeriodBeginsAtAMidnightOfItsZone(
      BudgetPeriod period, Instant at, ZoneId zone, Instant start, Instant end) {
    assertThat(period.start(at, zone)).isEqualTo(start);
    assertThat(period.end(at, zone)).isEqualTo(end);
  }

  @ParameterizedTest
  @EnumSource(BudgetPeriod.class)
  void periodsFollowEachOtherWithoutAGapInEveryZone(BudgetPeriod period) {
    long seed = 16;
    Random random = new Random(seed);
    for (String name : ZoneId.getAvailableZoneIds()) {
      ZoneId zone = ZoneId.of(name);
      Instant at = Instant.parse("2011-01-01T00:00:00Z").plusSeconds(random.nextInt(500_000_000));
      for (int i = 0; i < 5; i++) {
        String where = "%s, %s, %s".formatted(zone, period, at);
        Instant start = period.start(at, zone);
        Instant end = period.end(at, zone);
        assertThat(at).as(where).isAfterOrEqualTo(start).isBefore(end);
        assertThat(period.start(end.minusMillis(1), zone)).as(where).isEqualTo(start);
        assertThat(period.start(end, zone)).as(where).isEqualTo(end);
        at = end.plus(Duration.ofMinutes(random.nextInt(60)));
      }
    }
  }
}
