package gpu.kerf.model.team;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TeamWindowTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private static boolean isOpen(String schedule, String duration, String at) {
    return new TeamWindow(CronSchedule.parse(schedule), BERLIN, Duration.parse(duration))
        .isOpen(Instant.parse(at));
  }

  @ParameterizedTest
  @CsvSource({
    // Monday 2026-11-30, 20:00 in Berlin is 19:00 UTC; ten hours later is Tuesday 05:00 UTC.
    "2026-11-30T18:59:59Z, false",
    "2026-11-30T19:00:00Z, true",
    "2026-12-01T04:59:59Z, true",
    "2026-12-01T05:00:00Z, false",
    // Saturday opens nothing, and Friday's window ends on Saturday.
    "2026-12-05T04:00:00Z, true",
    "2026-12-05T20:00:00Z, false",
  })
  void aWindowIsOpenFromEachMinuteOfItsScheduleForItsDuration(String at, boolean open) {
    assertThat(isOpen("0 20 * * 1-5", "PT10H", at)).isEqualTo(open);
  }

  @ParameterizedTest
  @CsvSource({
    // On 2026-03-29 the clock goes from 02:00 to 03:00 at 01:00 UTC; 02:30 opens at 03:00.
    "2026-03-29T00:59:00Z, false",
    "2026-03-29T01:00:00Z, true",
    "2026-03-29T01:09:59Z, true",
    "2026-03-29T01:10:00Z, false",
    // On 2026-10-25 it is 02:30 at 00:30 UTC, and again at 01:30 UTC.
    "2026-10-25T00:30:00Z, true",
    "2026-10-25T00:39:59Z, true",
    "2026-10-25T00:40:00Z, false",
    "2026-10-25T01:30:00Z, false",
  })
  void aSkippedHourStartsAtItsEndAndADoubledHourOnce(String at, boolean open) {
    assertThat(isOpen("30 2 * * *", "PT10M", at)).isEqualTo(open);
  }

  @Test
  void aWindowLastsForElapsedTimeAlsoWhereTheClockChanges() {
    // It opens on Saturday at 20:00 (19:00 UTC); ten hours later it is 07:00 in Berlin.
    assertThat(isOpen("0 20 * * 6", "PT10H", "2026-03-29T04:59:59Z")).isTrue();
    assertThat(isOpen("0 20 * * 6", "PT10H", "2026-03-29T05:00:00Z")).isFalse();
  }

  @Test
  void aWindowThatOpenedInADoubledHourIsStillOpenInItsSecondPass() {
    // It opened at 02:50 (00:50 UTC); at 01:10 UTC the clock says 02:10.
    assertThat(isOpen("50 2 * * *", "PT30M", "2026-10-25T01:10:00Z")).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*/15 * * * *      | 2026-11-30T10:45 | true",
        "*/15 * * * *      | 2026-11-30T10:46 | false",
        "5/20 * * * *      | 2026-11-30T10:25 | true",
        "0 8-18/2 * * *    | 2026-11-30T10:00 | true",
        "0 8-18/2 * * *    | 2026-11-30T11:00 | false",
        "0 0 1,15 * *      | 2026-12-15T00:00 | true",
        "0 0 * nov mon     | 2026-11-30T00:00 | true",
        "0 0 * dec mon     | 2026-11-30T00:00 | false",
        "0 0 * * 0         | 2026-11-29T00:00 | true",
        "0 0 * * 7         | 2026-11-29T00:00 | true",
        "0 0 * * 5-7       | 2026-11-29T00:00 | true",
        "0 0 13 * 5        | 2026-11-13T00:00 | true",
        "0 0 13 * 5        | 2026-11-20T00:00 | true",
        "0 0 13 * 5        | 2026-12-13T00:00 | true",
        "0 0 13 * 5        | 2026-12-14T00:00 | false",
      })
  void fieldsAreThoseOfCron(String schedule, String minute, boolean matches) {
    assertThat(CronSchedule.parse(schedule).matches(LocalDateTime.parse(minute)))
        .isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "60 * * * *   | has no valid minute (60).",
        "* 24 * * *   | has no valid hour (24).",
        "* * 0 * *    | has no valid day of the month (0).",
        "* * * 13 *   | has no valid month (13).",
        "* * * * 8    | has no valid day of the week (8).",
        "* * * * xyz  | has no valid day of the week (xyz).",
        "*/0 * * * *  | has no valid minute (*/0).",
        "9-5 * * * *  | has no valid minute (9-5).",
        "1,,2 * * * * | has no valid minute ().",
        "@daily       | has not five fields.",
      })
  void whatIsNoScheduleIsRefused(String schedule, String because) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CronSchedule.parse(schedule))
        .withMessageStartingWith(because);
  }

  @Test
  void aWindowLastsFromAMinuteToAWeek() {
    assertThatIllegalArgumentException().isThrownBy(() -> isOpen("* * * * *", "PT59S", "now"));
    assertThatIllegalArgumentException().isThrownBy(() -> isOpen("* * * * *", "P8D", "now"));
    assertThat(isOpen("0 0 * * 1", "P7D", "2026-11-29T12:00:00Z")).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "0 20 * * 1-5, PT10H, 2026-11-30T12:00:00Z, 2026-11-30T19:00:00Z",
    "0 20 * * 1-5, PT10H, 2026-11-30T19:00:00Z, 2026-12-01T05:00:00Z",
    // Saturday morning: Friday's night is over, and Monday's is the next
    "0 20 * * 1-5, PT10H, 2026-12-05T05:00:00Z, 2026-12-07T19:00:00Z",
    // an opening each hour for two hours closes after the last of the day: 22:00 in Berlin
    "0 8-20 * * *, PT2H,  2026-11-30T12:00:00Z, 2026-11-30T21:00:00Z",
    // the skipped 02:30 opens at 03:00, which is 01:00 UTC
    "30 2 * * *,   PT10M, 2026-03-29T00:30:00Z, 2026-03-29T01:00:00Z",
    // of the two 02:30 the first counts
    "30 2 * * *,   PT10M, 2026-10-25T00:31:00Z, 2026-10-25T00:40:00Z",
    "30 2 * * *,   PT10M, 2026-10-25T00:40:00Z, 2026-10-26T01:30:00Z",
  })
  void theNextChangeIsWhereItOpensOrCloses(
      String schedule, Duration duration, Instant at, Instant next) {
    TeamWindow window = new TeamWindow(CronSchedule.parse(schedule), BERLIN, duration);
    assertThat(window.nextChange(at)).isEqualTo(next);
    assertThat(window.isOpen(next)).isNotEqualTo(window.isOpen(at));
    assertThat(window.isOpen(next.minusMillis(1))).isEqualTo(window.isOpen(at));
  }

  @ParameterizedTest
  @CsvSource({"0 0 * * *, P1D", "0 0 30 2 *, PT1H"})
  void aWindowThatIsAlwaysOrNeverOpenDoesNotChange(String schedule, Duration duration) {
    assertThat(
            new TeamWindow(CronSchedule.parse(schedule), ZoneId.of("UTC"), duration)
                .nextChange(Instant.parse("2026-11-30T12:00:00Z")))
        .isNull();
  }
}
