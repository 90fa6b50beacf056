package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.idle.IdleFigures;
import gpu.kerf.extender.idle.IdleWatch;
import gpu.kerf.extender.idle.UnusedGpus;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is warned and evicted for holding GPUs that compute nothing, with figures made by hand. */
class IdleEvictionTest {
  private static final long MINUTE = 60_000;
  private static final String IDLE = "'guarantee': '4', 'idle': {'after': '30m', 'warn': '10m'}";

  private final TeamWorld world = new TeamWorld();
  private final Figures figures = new Figures();
  private IdleWatch watch;
  private final List<String> told = new ArrayList<>();

  /** What the DCGM exporter would say. */
  private static final class Figures implements IdleFigures {
    final Set<String> unused = new HashSet<>();
    final Map<String, Integer> instances = new HashMap<>();
    final List<Set<Duration>> asked = new ArrayList<>();
    boolean away;
    @Nullable CompletableFuture<Map<Duration, UnusedGpus>> late;

    @Override
    public CompletionStage<Map<Duration, UnusedGpus>> look(Set<Duration> durations) {
      asked.add(durations);
      if (away) {
        return CompletableFuture.failedFuture(new IOException("as the test says"));
      }
      return late == null ? CompletableFuture.completedFuture(answer(durations)) : late;
    }

    Map<Duration, UnusedGpus> answer(Set<Duration> durations) {
      Map<Duration, UnusedGpus> answer = new HashMap<>();
      durations.forEach(each -> answer.put(each, new UnusedGpus(unused, instances)));
      return answer;
    }

    @Override
    public void close() {}
  }

  private final Metrics metrics = new Metrics();

  @BeforeEach
  void aTeamThatWantsItAndOneThatDoesNot() {
    world.millis = Instant.parse("2026-11-30T08:00:00Z").toEpochMilli();
    world.nodeWithUuids("a", 4).team("research", IDLE).team("fraud", "'guarantee': '2'");
    watch =
        new IdleWatch(
            world.scheduling,
            world.cluster,
            world.verbs.turns(),
            world.verbs.gangs(),
            figures,
            Duration.ofSeconds(30),
            metrics);
    world.scheduling.onEvicted((pod, why) -> told.add(pod + ": " + why));
  }

  private void minutes(double count) {
    for (long past = 0; past < count * MINUTE; past += 500) {
      world.pass(500);
      watch.tick();
      world.turn();
    }
  }

  private PodView.Builder running(String team, String name) {
    PodView.Builder pod = world.gated(team, name, 1);
    return running(pod, name);
  }

  private PodView.Builder running(PodView.Builder pod, String name) {
    world.tell(pod);
    assertThat(world.place(pod, "a")).as("the place of " + name).isEqualTo("a");
    return pod;
  }

  private void gpusAreUnused(String... names) {
    figures.unused.clear();
    for (String name : names) {
      figures.unused.add("GPU-a-" + name);
    }
  }

  private String gpuOf(String uid) {
    Entry entry = Objects.requireNonNull(world.scheduling.ledger().entry(uid));
    int gpu = entry.placement().slots().get(0).gpu();
    return "" + gpu;
  }

  @Test
  void aPodIsWarnedAfterSoLongAndThenEvictedWithTheReason() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(29);
    assertThat(world.cluster.announced).isEmpty();
    minutes(2);
    assertThat(world.cluster.announced.get("p"))
        .isEqualTo(
            "The GPUs of this pod have computed nothing for 30 minutes. If that stays so until"
                + " 30 November 2026 at 08:40 (UTC), Kerf will evict the pod, as the Team research"
                + " says (spec.idle).");
    assertThat(watch.warned()).isEqualTo(1);
    minutes(8);
    assertThat(world.cluster.evictions).isEmpty();
    minutes(2);
    assertThat(world.cluster.evictions).containsExactly("p");
    assertThat(told)
        .containsExactly(
            "research/p: Evicted because its GPUs have computed nothing for at least 40 minutes, as"
                + " the Team research says (spec.idle).");
    assertThat(world.verbs.turns().counts().evicted().toString()).contains("rule=idle");
    minutes(5);
    assertThat(world.cluster.evictions).as("while it leaves").hasSize(1);
    assertThat(world.cluster.withdrawn).isEmpty();
  }

  @Test
  void aPodThatComputesAgainIsToldThatItStays() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(31);
    assertThat(world.cluster.announced).containsKey("p");
    gpusAreUnused();
    minutes(1);
    assertThat(world.cluster.withdrawn).containsExactly("p");
    minutes(60);
    assertThat(world.cluster.evictions).isEmpty();
  }

  @Test
  void teamsThatDoNotWantItAreLeftAlone() {
    running("fraud", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(60);
    assertThat(world.cluster.announced).isEmpty();
    world.team("research", "'guarantee': '4'");
    figures.asked.clear();
    minutes(5);
    assertThat(figures.asked).as("without a team that wants it nothing is asked").isEmpty();
  }

  @Test
  void aTeamBelowOneThatWantsItHasTheSameRule() {
    world.parents("lab", "'guarantee': '2', 'idle': {'after': '5m', 'warn': '1m'}");
    world.team("bench", "'parent': 'lab'");
    running("bench", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(7);
    assertThat(world.cluster.evictions).containsExactly("p");
  }

  @Test
  void whatIsNotMeasuredIsNotIdle() {
    running("research", "p");
    running("research", "q");
    gpusAreUnused(gpuOf("p"));
    minutes(45);
    assertThat(world.cluster.evictions).containsExactly("p");
  }

  @Test
  void aPodThatSharesAGpuIsIdleOnlyIfTheGpuIs() {
    PodView.Builder one = world.share("research", "one");
    PodView.Builder other = world.share("fraud", "other");
    running(one, "one");
    running(other, "other");
    assertThat(gpuOf("one")).isEqualTo(gpuOf("other"));
    gpusAreUnused();
    minutes(45);
    assertThat(world.cluster.announced).isEmpty();
    gpusAreUnused(gpuOf("one"));
    minutes(1);
    assertThat(world.cluster.announced).containsOnlyKeys("one");
  }

  @Test
  void aPodThatIsNotToBeEvictedIsNotWarnedEither() {
    PodView.Builder pod = world.gated("research", "p", 1).annotation("kerf.gpu/evictable", "false");
    running(pod, "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(60);
    assertThat(world.cluster.announced).isEmpty();
    assertThat(world.cluster.evictions).isEmpty();
  }

  @Test
  void aPodRunsForItsProtectedTime() {
    world.team("research", IDLE + ", 'protect': {'minRuntime': '2h'}");
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(115);
    assertThat(world.cluster.announced).isEmpty();
    minutes(20);
    assertThat(world.cluster.evictions).containsExactly("p");
  }

  @Test
  void whileFiguresAreAwayNothingIsEvictedAndTheWarningEndsByAndBy() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(31);
    figures.away = true;
    minutes(28);
    assertThat(world.cluster.evictions).isEmpty();
    assertThat(world.cluster.withdrawn).as("figures may still reach back").isEmpty();
    minutes(3);
    assertThat(world.cluster.withdrawn).containsExactly("p");
    figures.away = false;
    minutes(9);
    assertThat(world.cluster.evictions).as("it is warned anew").isEmpty();
    minutes(3);
    assertThat(world.cluster.evictions).containsExactly("p");
  }

  @Test
  void anAnswerThatComesLateIsNotUsedAndNoOtherIsAskedForMeanwhile() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(28);
    CompletableFuture<Map<Duration, UnusedGpus>> late = new CompletableFuture<>();
    figures.late = late;
    figures.asked.clear();
    minutes(10);
    assertThat(figures.asked).hasSize(1);
    late.complete(figures.answer(figures.asked.get(0)));
    figures.late = null;
    world.turn();
    assertThat(watch.warned()).isZero();
    minutes(1);
    assertThat(watch.warned()).isEqualTo(1);
  }

  @Test
  void aStepOfTheWallClockEvictsNoPod() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(5);
    world.wallShift = 90 * MINUTE;
    minutes(20);
    assertThat(world.cluster.announced).isEmpty();
    world.wallShift = -90 * MINUTE;
    minutes(14);
    assertThat(world.cluster.announced).containsKey("p");
    assertThat(world.cluster.evictions).isEmpty();
    minutes(2);
    assertThat(world.cluster.evictions).containsExactly("p");
  }

  @Test
  void aReplicaThatGivesNoTurnsAnyMoreCountsNoIdlePods() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(32);
    assertThat(metrics.scrape("").text()).contains("kerf_idle_pods 1.0");
    world.cluster.leads = false;
    minutes(1);
    assertThat(metrics.scrape("").text()).contains("kerf_idle_pods 0.0");
  }

  @Test
  void aReplicaThatDoesNotGiveTurnsEvictsNoPod() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    world.cluster.leads = false;
    minutes(60);
    assertThat(world.cluster.announced).isEmpty();
    assertThat(figures.asked).isEmpty();
    world.cluster.leads = true;
    minutes(9);
    assertThat(world.cluster.evictions).as("the warning comes first").isEmpty();
    minutes(3);
    assertThat(world.cluster.evictions).containsExactly("p");
  }

  @Test
  void aDisruptionBudgetKeepsThePodAndItIsTriedAgain() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    world.cluster.evicts = EvictResult.Kind.BLOCKED;
    minutes(43);
    assertThat(world.cluster.evictions).hasSizeGreaterThan(1);
    assertThat(told).isEmpty();
    assertThat(world.cluster.events)
        .anyMatch(
            event -> event.message().equals("Cannot evict this idle pod: as the budget says"));
    world.cluster.evicts = EvictResult.Kind.EVICTED;
    minutes(1);
    assertThat(told).hasSize(1);
  }

  private PodView.Builder member(String name) {
    return world
        .gated("research", name, 1)
        .label("kerf.gpu/gang", "train")
        .label("kerf.gpu/gang-size", "2");
  }

  private void aGangRuns() {
    PodView.Builder one = member("one");
    PodView.Builder two = member("two");
    world.tell(one);
    world.tell(two);
    var first = world.call(one, "a");
    assertThat(world.bind(two, "a").verbError()).isNull();
    assertThat(first.join().verbError()).isNull();
    world.bound(one);
    world.bound(two);
  }

  @Test
  void theGangOfAPodThatComputesStays() {
    aGangRuns();
    gpusAreUnused(gpuOf("one"));
    minutes(60);
    assertThat(world.cluster.announced).isEmpty();
    gpusAreUnused(gpuOf("one"), gpuOf("two"));
    minutes(1);
    assertThat(world.cluster.announced).containsOnlyKeys("one", "two");
    minutes(10);
    assertThat(world.cluster.evictions).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void ofAGangWithADisruptionBudgetOnlyTheFirstIsTried() {
    aGangRuns();
    gpusAreUnused("0", "1", "2", "3");
    world.cluster.evicts = EvictResult.Kind.BLOCKED;
    minutes(40.6);
    assertThat(Set.copyOf(world.cluster.evictions)).hasSize(1);
  }

  @Test
  void aPodThatHasEndedIsWarnedNoMore() {
    running("research", "p");
    gpusAreUnused("0", "1", "2", "3");
    minutes(31);
    world.end("p");
    minutes(1);
    assertThat(watch.warned()).isZero();
  }

  @Test
  void migInstancesThatTheExporterDoesNotKnowOfAreNotIdle() {
    assertThat(new UnusedGpus(Set.of("GPU-1"), Map.of()).proves("GPU-1", 0)).isTrue();
    assertThat(new UnusedGpus(Set.of("GPU-1"), Map.of()).proves("GPU-1", 1)).isFalse();
    assertThat(new UnusedGpus(Set.of("GPU-1"), Map.of("GPU-1", 2)).proves("GPU-1", 2)).isTrue();
    assertThat(new UnusedGpus(Set.of("GPU-1"), Map.of("GPU-1", 2)).proves("GPU-1", 3)).isFalse();
    assertThat(new UnusedGpus(Set.of(), Map.of("GPU-1", 2)).proves("GPU-1", 0)).isFalse();
  }
}
