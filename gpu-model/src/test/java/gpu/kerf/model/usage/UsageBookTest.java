package gpu.kerf.model.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The integral, against a recount that adds minute by minute. */
class UsageBookTest {

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long BEGIN = 500_000 * HOUR;
  private static final int KEPT_HOURS = 100;
  private static final Map<String, List<String>> PATHS =
      Map.of(
          "a", List.of("a", "left", "top"),
          "b", List.of("b", "left", "top"),
          "c", List.of("c", "top"),
          "", List.of(""));

  private static final List<String> ALL_TEAMS = List.of("a", "b", "c", "", "left", "top");

  /** What a pod held while nothing about it changed. */
  private record Stretch(String team, String pod, List<UsagePart> parts, long since, long at) {

    boolean contains(long minute) {
      return since <= minute && minute < at;
    }
  }

  /** A pod of the walk, as far as it is not settled. */
  private static final class Pod {
    final String name;
    String team;
    List<UsagePart> parts;
    long since;
    @Nullable UsageHolding holding;

    Pod(String name, String team, List<UsagePart> parts, long since) {
      this.name = name;
      this.team = team;
      this.parts = parts;
      this.since = since;
    }
  }

  /** A random history, told to a book and written down for the recount. */
  private static final class Walk {
    final Random random;
    final List<Stretch> stretches = new ArrayList<>();
    final List<Pod> running = new ArrayList<>();

    /** What ran before this was settled by the checkpoint of the last restart. */
    private long settledUntil = BEGIN;

    private final List<Stretch> sinceCheckpoint = new ArrayList<>();
    private Map<String, UsageCheckpoint> checkpoints = new HashMap<>();
    long now = BEGIN;
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
    private int named;

    Walk(long seed) {
      random = new Random(seed);
      checkpoint();
    }

    void step() {
      now += random.nextInt(50) * MINUTE;
      book.prune();
      switch (random.nextInt(5)) {
        case 0, 1 -> begin();
        case 2 -> end();
        case 3 -> change();
        default -> asks();
      }
    }

    /** It may be told late: what is known after a restart began earlier. */
    private void begin() {
      long late = random.nextInt(3) * MINUTE * random.nextInt(40);
      long since = Math.max(settledUntil, now - late);
      Pod pod = new Pod("p" + named++, team(), parts(), since);
      pod.holding = book.begin("ns", "Job/" + pod.name, path(pod.team), pod.parts, since);
      running.add(pod);
      if (since < now) {
        // That it ran before an older checkpoint was written, the checkpoint does not say.
        checkpoint();
      }
    }

    private String team() {
      return List.of("a", "b", "c", "").get(random.nextInt(4));
    }

    private static List<String> path(String team) {
      return Objects.requireNonNull(PATHS.get(team));
    }

    private List<UsagePart> parts() {
      List<UsagePart> parts = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        parts.add(part("gpu-" + random.nextInt(4), 1 + random.nextInt(1000)));
      }
      return parts;
    }

    private static UsagePart part(String gpu, long milli) {
      return new UsagePart(gpu, "H100", milli > 500 ? "mig" : "mps", milli, 7 * milli);
    }

    /** The news of the end may come late. */
    private void end() {
      if (!running.isEmpty()) {
        Pod pod = running.remove(random.nextInt(running.size()));
        long late = random.nextInt(3) * MINUTE * random.nextInt(200);
        long at = Math.max(Math.max(pod.since, settledUntil), now - late);
        book.end(Objects.requireNonNull(pod.holding), at);
        settle(pod, at);
        if (checkpoints.values().stream().anyMatch(each -> at < each.untilMillis())) {
          // It is part of that checkpoint that the pod ran until then.
          checkpoint();
        }
      }
    }

    private void settle(Pod pod, long at) {
      Stretch stretch = new Stretch(pod.team, pod.name, pod.parts, pod.since, at);
      stretches.add(stretch);
      sinceCheckpoint.add(stretch);
    }

    private void change() {
      if (!running.isEmpty()) {
        Pod pod = running.get(random.nextInt(running.size()));
        settle(pod, now);
        pod.team = team();
        pod.parts = random.nextBoolean() ? parts() : pod.parts;
        pod.since = now;
        book.change(Objects.requireNonNull(pod.holding), path(pod.team), pod.parts);
        checkpoint();
      }
    }

    private void asks() {
      long from = random.nextBoolean() ? now : (now / HOUR - random.nextInt(30)) * HOUR;
      PATHS.keySet().forEach(team -> book.milliGpuMillis(team, from));
      book.milliGpuMillis("top", from);
    }

    void checkpoint() {
      checkpoints = new HashMap<>();
      for (String team : ALL_TEAMS) {
        UsageCheckpoint known = book.checkpoint(team);
        checkpoints.put(team, known == null ? new UsageCheckpoint(now, now, 0, List.of()) : known);
      }
      sinceCheckpoint.clear();
    }

    /** Killed: the next process knows checkpoints, living pods, and those that ended since. */
    void restart() {
      book = new UsageBook(() -> now, KEPT_HOURS);
      checkpoints.forEach(book::restore);
      settledUntil = Objects.requireNonNull(checkpoints.get("a")).untilMillis();
      for (Stretch each : sinceCheckpoint) {
        UsageHolding ended =
            book.begin("ns", "Job/" + each.pod, path(each.team), each.parts, each.since);
        book.end(ended, each.at);
      }
      for (Pod pod : running) {
        pod.holding = book.begin("ns", "Job/" + pod.name, path(pod.team), pod.parts, pod.since);
      }
    }

    List<Stretch> all() {
      List<Stretch> all = new ArrayList<>(stretches);
      running.forEach(pod -> all.add(new Stretch(pod.team, pod.name, pod.parts, pod.since, now)));
      return all;
    }

    /** What a team and those below it used since a moment, minute by minute. */
    long recount(String team, long from) {
      long sum = 0;
      List<Stretch> all = all();
      for (long minute = Math.max(from, BEGIN); minute < now; minute += MINUTE) {
        for (Stretch each : all) {
          if (each.contains(minute) && path(each.team).contains(team)) {
            sum += MINUTE * each.parts.stream().mapToLong(UsagePart::milli).sum();
          }
        }
      }
      return sum;
    }

    /** What all pods used of each model; they are in one namespace. */
    Map<UsageBook.Place, Long> recountByModel() {
      Map<UsageBook.Place, Long> sums = new HashMap<>();
      for (Stretch each : all()) {
        for (UsagePart part : each.parts) {
          long used = part.milli() * (each.at - each.since);
          sums.merge(new UsageBook.Place("ns", part.model()), used, Long::sum);
        }
      }
      return sums;
    }

    Map<String, Long> recountCells(boolean memory) {
      Map<String, Long> cells = new HashMap<>();
      for (Stretch each : all()) {
        for (long minute = each.since; minute < each.at; minute += MINUTE) {
          if (minute / HOUR <= now / HOUR - KEPT_HOURS) {
            continue;
          }
          for (UsagePart part : each.parts) {
            String cell =
                minute / HOUR + " " + each.team + " " + each.pod + " " + part.gpu() + part.wall();
            cells.merge(cell, MINUTE * (memory ? part.mebibytes() : part.milli()), Long::sum);
          }
        }
      }
      return cells;
    }

    Map<String, Long> cells(boolean memory) {
      Map<String, Long> cells = new HashMap<>();
      book.cells(
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          cell -> {
            UsageCell.Key key = cell.key();
            String pod = key.owner().substring("Job/".length());
            String name =
                cell.hourStartMillis() / HOUR
                    + " "
                    + key.team()
                    + " "
                    + pod
                    + " "
                    + cell.gpu()
                    + key.wall();
            long amount = memory ? cell.mebibyteMillis() : cell.milliGpuMillis();
            assertThat(cells.put(name, amount)).as("each cell is told once").isNull();
          });
      return cells;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void everyTeamPeriodAndCellIsWhatTheRecountSays(long seed) {
    Walk walk = new Walk(seed);
    for (int step = 0; step < 250; step++) {
      walk.step();
      if (step % 50 == 49) {
        for (String team : ALL_TEAMS) {
          assertThat(walk.book.total(team)).as(team).isEqualTo(walk.recount(team, BEGIN));
        }
        assertThat(walk.book.countedByPlace()).isEqualTo(walk.recountByModel());
        assertThat(walk.cells(false)).isEqualTo(walk.recountCells(false));
        assertThat(walk.cells(true)).isEqualTo(walk.recountCells(true));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void afterRestartsNothingIsLostOrCountedTwice(long seed) {
    Walk walk = new Walk(seed);
    for (int step = 0; step < 250; step++) {
      walk.step();
      if (walk.random.nextInt(10) == 0) {
        walk.checkpoint();
      }
      if (walk.random.nextInt(40) == 0) {
        walk.restart();
      }
      if (step % 25 == 24) {
        for (String team : ALL_TEAMS) {
          assertThat(walk.book.total(team)).as(team).isEqualTo(walk.recount(team, BEGIN));
        }
        long recent = walk.now - 5 * MINUTE;
        walk.book.milliGpuMillis("top", recent);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void aPeriodIsExactFromWhenItIsAskedForAlsoIfItsStartIsLongAgo(long seed) {
    Walk walk = new Walk(seed);
    for (int step = 0; step < 60; step++) {
      walk.step();
    }
    long fromHour = (walk.now / HOUR - 20) * HOUR;
    long fromNow = walk.now;
    for (String team : ALL_TEAMS) {
      for (int step = 0; step < 3; step++) {
        assertThat(walk.book.milliGpuMillis(team, fromHour))
            .as(team)
            .isEqualTo(walk.recount(team, fromHour));
      }
      walk.book.milliGpuMillis(team, fromNow);
    }
    for (int step = 0; step < 60; step++) {
      walk.now += walk.random.nextInt(50) * MINUTE;
      walk.begin();
      walk.end();
    }
    walk.checkpoint();
    walk.restart();
    for (String team : ALL_TEAMS) {
      assertThat(walk.book.milliGpuMillis(team, fromHour))
          .as("%s, restarted", team)
          .isEqualTo(walk.recount(team, fromHour));
      assertThat(walk.book.milliGpuMillis(team, fromNow)).isEqualTo(walk.recount(team, fromNow));
    }
  }

  private long now = BEGIN;

  private static List<UsagePart> whole() {
    return List.of(new UsagePart("g", "H100", "whole", 1000, 80_000));
  }

  @Test
  void aPeriodThatBeginsLaterHasNothingUsed() {
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
    book.begin("ns", "Job/j", List.of("a"), whole(), now);
    now += HOUR;
    assertThat(book.milliGpuMillis("a", now + 1)).isZero();
    assertThat(book.milliGpuMillis("unknown", BEGIN)).isZero();
  }

  @Test
  void aPeriodThatBeganBeforeAnythingWasCountedHasAllOfIt() {
    UsageBook book = new UsageBook(() -> now, 2);
    book.restore("a", new UsageCheckpoint(BEGIN - 900 * HOUR, BEGIN, 77, List.of()));
    UsageHolding holding = book.begin("ns", "Job/j", List.of("a"), whole(), BEGIN);
    now += 50 * HOUR;
    book.end(holding, now);
    assertThat(book.milliGpuMillis("a", BEGIN - 1000 * HOUR)).isEqualTo(77 + 50_000 * HOUR);
    assertThat(book.milliGpuMillis("a", BEGIN)).as("what is kept of it").isEqualTo(2_000 * HOUR);
  }

  @Test
  void whatIsCountedByThisProcessBeginsWhereTheCheckpointEnds() {
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
    book.restore("a", new UsageCheckpoint(BEGIN - 9 * HOUR, BEGIN - HOUR, 77, List.of()));
    book.begin("ns", "Job/j", List.of("a"), whole(), BEGIN - 5 * HOUR);
    book.begin("ns", "Job/j", List.of("b"), whole(), BEGIN - 5 * HOUR);
    now += HOUR;
    assertThat(book.total("a")).isEqualTo(77 + 2 * HOUR * 1000);
    assertThat(book.counted("a")).as("also what ran while it was down").isEqualTo(2000 * HOUR);
    assertThat(book.total("b")).isEqualTo(6 * HOUR * 1000);
    assertThat(book.counted("b")).as("the process before may have told it").isEqualTo(1000 * HOUR);
  }

  @Test
  void aJumpOfTheClockCountsNothing() {
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
    book.begin("ns", "Job/j", List.of("a"), whole(), now);
    now += HOUR;
    now += 10 * HOUR;
    book.jump(now - 10 * HOUR, now);
    now += HOUR;
    assertThat(book.total("a")).isEqualTo(2 * HOUR * 1000);
    List<UsageCell> cells = new ArrayList<>();
    book.cells(BEGIN, now, cells::add);
    assertThat(cells).hasSize(2).allMatch(cell -> cell.milliGpuMillis() == 1000 * HOUR);
  }

  @Test
  void aJumpBackTakesNothingAway() {
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
    book.restore("a", new UsageCheckpoint(BEGIN, BEGIN, 0, List.of()));
    book.begin("ns", "Job/j", List.of("a"), whole(), now);
    now += 1_000 * HOUR;
    book.prune();
    assertThat(book.milliGpuMillis("a", now)).isZero();
    long before = now;
    now -= 2_000 * HOUR;
    book.jump(before, now);
    now += HOUR;
    assertThat(book.total("a")).isEqualTo(1_001 * HOUR * 1000);
    assertThat(book.milliGpuMillis("a", now - HOUR)).isEqualTo(HOUR * 1000);
    List<UsageCell> cells = new ArrayList<>();
    book.cells(now - HOUR, now, cells::add);
    assertThat(cells).singleElement().matches(cell -> cell.milliGpuMillis() == 1000 * HOUR);
  }

  @Test
  void tooManyCellsLoseFirstTheirOwnersAndThenTheOldestHours() {
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS, 20L * CellStore.CELL_BYTES);
    long used = 0;
    for (int pod = 0; pod < 30; pod++) {
      UsageHolding holding = book.begin("ns", "Job/j" + pod, List.of("a"), whole(), now);
      now += HOUR / 3;
      book.end(holding, now);
      used += HOUR / 3 * 1000;
    }
    assertThat(book.total("a")).isEqualTo(used);
    List<UsageCell> cells = new ArrayList<>();
    book.cells(BEGIN, now, cells::add);
    assertThat(cells.stream().mapToLong(UsageCell::milliGpuMillis).sum()).isEqualTo(used);
    assertThat(cells.get(0).key().owner()).isEmpty();
    assertThat(cells.get(cells.size() - 1).key().owner()).isEqualTo("Job/j29");
    for (int pod = 0; pod < 90; pod++) {
      UsageHolding holding = book.begin("ns", "Job/j", List.of("a"), whole(), now);
      now += HOUR;
      book.end(holding, now);
    }
    cells.clear();
    book.cells(BEGIN, now, cells::add);
    assertThat(cells).hasSizeLessThanOrEqualTo(66);
    assertThat(cells.get(0).key().owner()).isEmpty();
    assertThat(book.completeSince()).isGreaterThan(BEGIN);
    assertThat(cells).allMatch(cell -> cell.hourStartMillis() >= book.completeSince());
    assertThat(book.total("a")).isEqualTo(used + 90 * HOUR * 1000);
  }

  @Test
  void teamsThatAreGoneAreForgottenOnceNothingOfTheirsRuns() {
    UsageBook book = new UsageBook(() -> now, KEPT_HOURS);
    UsageHolding holding = book.begin("ns", "Job/j", List.of("a", "top"), whole(), now);
    book.keepTeams(Set.of("top"));
    assertThat(book.teams()).containsExactlyInAnyOrder("a", "top");
    book.end(holding, now);
    book.end(holding, now);
    book.keepTeams(Set.of("top"));
    assertThat(book.teams()).containsExactly("top");
    assertThat(book.running()).isZero();
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new UsageCheckpoint(5, 4, 0, List.of()))
        .hasMessageContaining("makes no sense");
    assertThatThrownBy(() -> new UsageCheckpoint.Period(5, -1)).hasMessageContaining("(-1)");
    assertThatThrownBy(() -> new UsagePart("g", "m", "mig", -1, 0)).hasMessageContaining("(-1)");
    assertThatThrownBy(() -> new UsageBook(() -> 0, 0)).hasMessageContaining("(0)");
  }
}
