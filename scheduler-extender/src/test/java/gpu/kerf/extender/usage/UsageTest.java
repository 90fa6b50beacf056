package gpu.kerf.extender.usage;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.usage.UsageCell;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted, and what a kill at any moment loses. */
class UsageTest {

  private static final long SECOND = 1_000;
  private static final long HOUR = 3_600_000;
  private static final long GPU = 1_000;
  private static final int GPUS = 16;

  private final UsageWorld world = new UsageWorld(GPUS);

  private static Slot whole(int gpu) {
    return new Slot.Whole(gpu, UsageWorld.SHAREABLE);
  }

  private void teams() {
    world.team("bank", "", false).team("fraud", "bank", true).team("research", "bank", true);
    world.tellTeams();
    world.usage.tick();
  }

  private void restartAndHear() {
    world.restart();
    world.tellPods();
    world.tellTeams();
    world.usage.tick();
  }

  @Test
  void aPodCountsFromTheTakingOfItsSlotToTheEndOfItsContainers() {
    teams();
    world.place("fraud", "p", whole(0));
    world.pass(60 * SECOND);
    assertThat(world.used("fraud")).isEqualTo(60 * SECOND * GPU);
    PodView over = world.ends("p");
    world.pass(9 * SECOND);
    world.tellOver(over);
    assertThat(world.used("fraud")).as("the news took nine seconds").isEqualTo(60 * SECOND * GPU);
    assertThat(world.used("bank")).isEqualTo(60 * SECOND * GPU);
    assertThat(world.used("research")).isZero();
    world.tellOver(over);
    world.pass(HOUR);
    assertThat(world.used("fraud")).as("told again").isEqualTo(60 * SECOND * GPU);
  }

  @Test
  void theEndOfAPodAndOfAnHourIsToldOnce() {
    List<String> news = new ArrayList<>();
    teams();
    world.usage.tell(
        new UsageListener() {
          @Override
          public void released(ReleasedPod pod) {
            news.add(
                "%s of %s, %s: %d parts for %d ms"
                    .formatted(
                        pod.pod(),
                        pod.team(),
                        pod.owner(),
                        pod.parts().size(),
                        pod.endMillis() - pod.sinceMillis()));
          }

          @Override
          public void hourOver(long hourStartMillis) {
            news.add("hour " + (world.wall - hourStartMillis));
          }
        });
    world.place("fraud", "p", whole(0));
    world.pass(60 * SECOND);
    PodView over = world.ends("p");
    world.pass(9 * SECOND);
    world.tellOver(over);
    world.tellOver(over);
    assertThat(news).containsExactly("fraud/p of fraud, Job/p: 1 parts for 60000 ms");
    news.clear();
    world.pass(HOUR);
    world.usage.tick();
    world.usage.tick();
    assertThat(news).containsExactly("hour " + (HOUR + 69 * SECOND));
  }

  @Test
  void withoutTeamsAllPodsCountTogether() {
    world.api.teamsKnown = true;
    world.usage.tick();
    world.place("fraud", "p", whole(0));
    world.pass(HOUR);
    assertThat(world.used("")).isEqualTo(HOUR * GPU);
    List<UsageCell> cells = new ArrayList<>();
    world.usage.book().cells(world.wall - HOUR, world.wall, cells::add);
    assertThat(cells)
        .singleElement()
        .satisfies(
            cell -> {
              assertThat(cell.key())
                  .isEqualTo(new UsageCell.Key("", "fraud", "Job/p", "H100-80GB", "whole"));
              assertThat(cell.gpu()).isEqualTo("GPU-0");
              assertThat(cell.mebibyteMillis()).isEqualTo(HOUR * UsageWorld.SHAREABLE);
            });
  }

  @Test
  void aBindingThatIsRefusedCountsForAsLongAsItHeldItsSlot() {
    teams();
    world.place("fraud", "p", whole(0));
    world.pass(2 * SECOND);
    world.scheduling.ledger().release("p");
    world.pass(HOUR);
    assertThat(world.used("fraud")).isEqualTo(2 * SECOND * GPU);
  }

  @Test
  void anEndWhoseTimeIsNotKnownCountsUpToItsNews() {
    teams();
    world.place("fraud", "p", whole(0));
    world.pass(30 * SECOND);
    world.listener.podEnded("p");
    assertThat(world.used("fraud")).isEqualTo(30 * SECOND * GPU);
  }

  @Test
  void afterARestartLivingPodsCountFromTheCheckpointAndOthersToTheirEnd() {
    teams();
    world.place("fraud", "lives", whole(0));
    world.place("fraud", "ends", whole(1));
    world.pass(100 * SECOND);
    world.usage.tick();
    UsageCheckpoint kept = Objects.requireNonNull(world.api.kept.get("fraud"));
    assertThat(kept.milliGpuMillis()).isEqualTo(200 * SECOND * GPU);
    world.pass(3 * SECOND);
    world.ends("ends");
    world.pass(60 * SECOND);
    restartAndHear();
    assertThat(world.used("fraud")).isEqualTo((163 + 103) * SECOND * GPU);
    world.pass(10 * SECOND);
    assertThat(world.used("bank")).isEqualTo((173 + 103) * SECOND * GPU);
    assertThat(world.usage.book().counted("bank"))
        .as("what the process before has told is not told again")
        .isEqualTo((73 + 3) * SECOND * GPU);
  }

  @Test
  void aPodThatIsBoundAfterTheCheckpointCountsFromTheMillisecondThatTheBindingSays() {
    teams();
    world.usage.tick();
    world.pass(20 * SECOND + 700);
    world.place("fraud", "lives", whole(0));
    world.place("fraud", "ends", whole(1));
    world.pass(2 * SECOND + 300);
    world.ends("ends");
    restartAndHear();
    assertThat(world.used("fraud")).isEqualTo((2_300 + 2_300) * GPU);
  }

  @Test
  void withoutThatItCountsFromTheBeginningOfTheSecond() {
    world.bindingsSaySince = false;
    teams();
    world.usage.tick();
    world.pass(20 * SECOND + 700);
    world.place("fraud", "lives", whole(0));
    world.pass(2 * SECOND + 300);
    restartAndHear();
    assertThat(world.used("fraud")).isEqualTo(3 * SECOND * GPU);
  }

  @Test
  void overARestartTeamsKeepTheirSumsAndPeriodsAndHoursAreThoseOfPodsThatAreThere() {
    teams();
    long day = world.wall;
    world.place("fraud", "gone", whole(0));
    world.place("fraud", "lives", whole(1));
    world.pass(HOUR);
    assertThat(world.usage.book().milliGpuMillis("fraud", day)).isEqualTo(2 * HOUR * GPU);
    world.tellOver(world.ends("gone"));
    world.pods.remove("gone");
    world.pass(HOUR);
    world.usage.tick();
    restartAndHear();
    long restarted = world.wall;
    assertThat(world.used("fraud")).as("the sum").isEqualTo(3 * HOUR * GPU);
    assertThat(world.usage.book().milliGpuMillis("fraud", day))
        .as("the period of a budget")
        .isEqualTo(3 * HOUR * GPU);
    assertThat(world.used("bank")).as("the team above").isEqualTo(3 * HOUR * GPU);
    List<UsageCell> cells = new ArrayList<>();
    world.usage.book().cells(day, world.wall, cells::add);
    assertThat(cells)
        .as("hours of the pod that is there, and no other")
        .hasSize(2)
        .allSatisfy(cell -> assertThat(cell.key().owner()).isEqualTo("Job/lives"));
    assertThat(world.usage.book().completeSince()).as("and that is said").isEqualTo(restarted);
  }

  @Test
  void whatIsHeardBeforeTeamsAreKnownCountsForThemAllTheSame() {
    teams();
    world.place("fraud", "lives", whole(0));
    world.pass(100 * SECOND);
    world.restart();
    world.tellPods();
    world.usage.tick();
    world.pass(20 * SECOND);
    world.tellOver(world.ends("lives"));
    world.tellTeams();
    world.usage.tick();
    assertThat(world.used("fraud")).isEqualTo(120 * SECOND * GPU);
    assertThat(world.used("")).isZero();
  }

  @Test
  void ifEndedPodsCannotBeReadLivingOnesCountAllTheSame() {
    teams();
    world.place("fraud", "lives", whole(0));
    world.place("fraud", "ends", whole(1));
    world.pass(100 * SECOND);
    world.usage.tick();
    world.pass(10 * SECOND);
    world.ends("ends");
    world.api.refuses = true;
    restartAndHear();
    assertThat(world.used("fraud")).isEqualTo((200 + 10) * SECOND * GPU);
  }

  @Test
  void withoutAnAnswerWhetherThereAreTeamsPodsCountForNoneAfterAWhile() {
    world.place("fraud", "p", whole(0));
    world.pass(301 * SECOND);
    world.usage.tick();
    assertThat(world.used("")).isEqualTo(301 * SECOND * GPU);
  }

  @Test
  void aTeamThatComesLaterIsNotChargedForWhatRanBefore() {
    world.api.teamsKnown = true;
    world.usage.tick();
    world.place("fraud", "p", whole(0));
    world.pass(HOUR);
    teams();
    world.pass(SECOND);
    assertThat(world.used("fraud")).isEqualTo(SECOND * GPU);
    assertThat(world.used("")).isEqualTo(HOUR * GPU);
  }

  @Test
  void aTeamThatIsDeletedAndMadeAgainBeginsWithNothing() {
    teams();
    world.place("fraud", "p", whole(0));
    world.pass(HOUR);
    world.withoutTeam("fraud").tellTeams();
    assertThat(world.used("fraud")).isZero();
    assertThat(world.used("bank")).as("it used what teams below it used").isEqualTo(HOUR * GPU);
    world.pass(SECOND);
    world.api.kept.remove("fraud");
    world.team("fraud", "bank", true).tellTeams();
    world.pass(2 * SECOND);
    assertThat(world.used("fraud")).isEqualTo(2 * SECOND * GPU);
    assertThat(world.used("bank")).isEqualTo(HOUR * GPU + 2 * SECOND * GPU);
    assertThat(world.used("")).isEqualTo(SECOND * GPU);
  }

  @Test
  void onlyTheReplicaThatGivesTurnsWrites() {
    world.api.leads = false;
    teams();
    world.place("fraud", "p", whole(0));
    world.pass(HOUR);
    world.usage.tick();
    assertThat(world.api.kept).isEmpty();
    world.api.leads = true;
    world.usage.tick();
    assertThat(Objects.requireNonNull(world.api.kept.get("bank")).milliGpuMillis())
        .isEqualTo(HOUR * GPU);
  }

  @Test
  void checkpointsAreWrittenWhileUsageChangesAndAtTheEnd() {
    teams();
    assertThat(world.api.writes).isEqualTo(3);
    for (int i = 0; i < 20; i++) {
      world.pass(500);
      world.usage.tick();
    }
    assertThat(world.api.writes).as("nothing is used").isEqualTo(3);
    world.place("fraud", "p", whole(0));
    for (int i = 0; i < 20; i++) {
      world.pass(500);
      world.usage.tick();
    }
    assertThat(world.api.writes).as("bank and fraud, after 0.5 and 5.5 s").isEqualTo(3 + 2 * 2);
    world.pass(700);
    assertThat(world.usage.stop()).isCompleted();
    assertThat(Objects.requireNonNull(world.api.kept.get("fraud")).milliGpuMillis())
        .isEqualTo(10_700 * GPU);
  }

  @Test
  void aWallClockThatIsSetCountsNothingAndTakesNothingAway() {
    teams();
    world.place("fraud", "p", whole(0));
    long used = 0;
    for (long step : new long[] {40 * HOUR, -90 * HOUR, 5 * SECOND, -5 * SECOND, -30_000_000}) {
      world.wall += step;
      for (int i = 0; i < 200; i++) {
        world.pass(500);
        used += 500 * GPU;
        world.usage.tick();
        assertThat(world.used("bank")).isEqualTo(used);
      }
    }
    PodView over = world.ends("p");
    world.pass(SECOND);
    world.tellOver(over);
    assertThat(world.used("bank")).isEqualTo(used);
    List<UsageCell> cells = new ArrayList<>();
    world.usage.book().cells(0, Long.MAX_VALUE, cells::add);
    assertThat(cells).allMatch(cell -> cell.milliGpuMillis() <= HOUR * GPU);
  }

  @Test
  void aWallClockThatIsSetBackWhileKerfIsDownChargesNothingTwice() {
    for (long back : new long[] {HOUR / 2, 50 * HOUR}) {
      teams();
      world.place("fraud", "p" + back, whole(back > HOUR ? 1 : 0));
      world.pass(HOUR);
      world.usage.tick();
      long used = world.used("fraud");
      world.wall -= back;
      restartAndHear();
      assertThat(world.used("fraud")).isEqualTo(used);
      world.pass(HOUR);
      long pods = world.pods.size();
      assertThat(world.used("fraud")).isEqualTo(used + pods * HOUR * GPU);
      world.usage.stop();
    }
  }

  /** A pod as the recount sees it: what it held, since when, and until when. */
  private static final class Truth {
    final String team;
    final long milli;
    final long began;
    long ended = Long.MAX_VALUE;

    Truth(String team, long milli, long began) {
      this.team = team;
      this.milli = milli;
      this.began = began;
    }

    long used(long now) {
      return milli * (Math.min(ended, now) - began);
    }
  }

  /** Pods come and go, news is late, and the process is killed and comes back. */
  private final class Churn {
    final Random random;
    final Map<String, Truth> truths = new LinkedHashMap<>();
    final List<String> running = new ArrayList<>();
    private final Map<PodView, Long> lateNews = new HashMap<>();
    private final String[] namespaces = {"fraud", "research", "elsewhere"};
    int kills;

    Churn(long seed) {
      random = new Random(seed);
    }

    void step() {
      world.pass(100 + random.nextInt(4_000));
      world.usage.tick();
      hear();
      if (random.nextInt(3) == 0) {
        begin();
      }
      if (random.nextInt(4) == 0 && !running.isEmpty()) {
        end();
      }
    }

    private void hear() {
      for (PodView pod : List.copyOf(lateNews.keySet())) {
        if (Objects.requireNonNull(lateNews.get(pod)) <= world.elapsed) {
          lateNews.remove(pod);
          world.tellOver(pod);
          if (random.nextBoolean()) {
            world.pods.remove(pod.uid());
          }
        }
      }
    }

    private void begin() {
      String name = "p" + truths.size();
      String namespace = namespaces[random.nextInt(namespaces.length)];
      int gpu = random.nextInt(GPUS);
      boolean part = random.nextBoolean();
      int sm = 100 + random.nextInt(400);
      Slot slot = part ? new Slot.Share(gpu, 8_000, sm) : whole(gpu);
      long memory = 8_000L * GPU / world.shareableMiB();
      long began = world.elapsed;
      if (world.place(namespace, name, slot)) {
        String team = namespace.equals("elsewhere") ? "" : namespace;
        truths.put(name, new Truth(team, part ? Math.max(memory, sm) : GPU, began));
        running.add(name);
      }
    }

    private void end() {
      PodView over = ended();
      lateNews.put(over, world.elapsed + random.nextInt(2_000));
    }

    private PodView ended() {
      String name = running.remove(random.nextInt(running.size()));
      Truth truth = Objects.requireNonNull(truths.get(name));
      // Its status says the second in which it ended.
      truth.ended = Math.max(truth.began, world.elapsed - world.wall % SECOND);
      return world.ends(name);
    }

    /** What ended while no process was there is found ended. */
    void kill() {
      kills++;
      lateNews.clear();
      for (int second = random.nextInt(40); second > 0; second--) {
        world.pass(SECOND);
        if (random.nextInt(10) == 0 && !running.isEmpty()) {
          ended();
        }
      }
      world.restart();
      boolean podsFirst = random.nextBoolean();
      if (podsFirst) {
        world.tellPods();
      }
      world.tellTeams();
      if (!podsFirst) {
        world.tellPods();
      }
      world.pass(random.nextInt(3_000));
      world.usage.tick();
    }

    long recount(String team) {
      long sum = 0;
      for (Truth each : truths.values()) {
        boolean counts = each.team.equals(team) || (team.equals("bank") && !each.team.isEmpty());
        sum += counts ? each.used(world.elapsed) : 0;
      }
      return sum;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void killsAtRandomLoseLessThanACheckpointAndChargeNothingTwice(long seed) {
    teams();
    Churn churn = new Churn(seed);
    long rounding = 0;
    for (int step = 0; step < 12_000; step++) {
      churn.step();
      if (churn.random.nextInt(400) == 0) {
        churn.kill();
        // Statuses say seconds alone, and what had ended was not heard of when it was written.
        rounding += GPUS * GPU * 3 * SECOND;
      }
    }
    assertThat(churn.kills).isGreaterThan(15);
    for (String team : List.of("fraud", "research", "bank")) {
      long truth = churn.recount(team);
      long counted = world.used(team);
      assertThat(counted)
          .as("%s after %d kills", team, churn.kills)
          .isBetween(
              truth - truth / 1000 - GPUS * GPU * 5 * SECOND,
              truth + truth / 1000 + GPUS * GPU * 5 * SECOND);
      assertThat(counted).as("never twice").isLessThan(truth + rounding);
    }
  }
}
