package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.team.Reclaim;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What budgets do, from usage to what kube-scheduler and users are told. */
class TeamBudgetsTest {
  private static final long HOUR = 3_600_000_000L;

  private TeamWorld world;

  /** In thousandths of GPUs times milliseconds. */
  private final Map<String, Long> used = new HashMap<>();

  private long askedSince;

  @BeforeEach
  void aNodeOfFourGpusAndATeamWithABudget() {
    world = new TeamWorld();
    world.millis = Instant.parse("2026-11-30T12:00:00Z").toEpochMilli();
    world.node("a", 4).team("fraud", "'guarantee': '2'");
    research("Hold");
    world
        .verbs
        .turns()
        .use(
            (team, from) -> {
              askedSince = from;
              return used.getOrDefault(team, 0L);
            });
  }

  private void research(String onExhausted) {
    world.team(
        "research",
        "'guarantee': '2', 'budget': {'gpuHours': '10', 'period': 'Month', 'onExhausted': '%s'}"
            .formatted(onExhausted));
  }

  private void use(long gpuHours) {
    used.put("research", gpuHours * HOUR);
    world.pass(1_100);
  }

  private BudgetBalance figure() {
    world.pass(2_000);
    return Objects.requireNonNull(
        Objects.requireNonNull(world.cluster.figures.teams().get("research")).budget());
  }

  @Test
  void aTeamThatHasUsedItsBudgetUpWaitsAndIsToldWhy() {
    use(10);
    PodView.Builder pod = world.gated("research", "p", 1);
    world.tell(pod);
    world.pass(3_000);
    assertThat(world.mayGo("p")).isFalse();
    assertThat(world.cluster.told.get("p"))
        .isEqualTo(
            "team research holds 0 of 2 guaranteed, first in its line. Team research has used 10 of"
                + " 10 GPU hours of November 2026; the next period starts on 1 December 2026 at"
                + " 00:00 (UTC).");
    assertThat(askedSince).isEqualTo(Instant.parse("2026-11-01T00:00:00Z").toEpochMilli());
    assertThat(world.filter(pod, "a").refusedByReason()).containsOnlyKeys(Reason.BUDGET_EXHAUSTED);
  }

  @Test
  void filterRefusesAPodOfWhichItHasNotHeard() {
    use(10);
    PodView.Builder pod = world.pod("research", "unheard", 1);
    assertThat(world.filter(pod, "a").refusedByReason()).containsOnlyKeys(Reason.BUDGET_EXHAUSTED);
    assertThat(world.filter(world.pod("fraud", "other", 1), "a").chosen()).isEqualTo(1);
  }

  @Test
  void anExtensionLetsItStartAtOnce() {
    use(10);
    world.tell(world.gated("research", "p", 1));
    world.pass(1_000);
    assertThat(world.mayGo("p")).isFalse();
    world.team("research", "'guarantee': '2', 'budget': {'gpuHours': '11', 'period': 'Month'}");
    world.pass(100);
    assertThat(world.mayGo("p")).isTrue();
  }

  @Test
  void theNextPeriodLetsItStart() {
    use(10);
    world.tell(world.gated("research", "p", 1));
    world.pass(1_000);
    used.clear();
    world.millis = Instant.parse("2026-12-01T00:00:00Z").toEpochMilli();
    world.pass(1_100);
    assertThat(world.mayGo("p")).isTrue();
    assertThat(askedSince).isEqualTo(Instant.parse("2026-12-01T00:00:00Z").toEpochMilli());
  }

  @Test
  void aClockThatIsSetBackAndForthDoesNoHarm() {
    use(5);
    world.wallShift = -30L * 24 * 3_600_000;
    world.pass(1_100);
    assertThat(figure().startMillis())
        .isEqualTo(Instant.parse("2026-10-01T00:00:00Z").toEpochMilli());
    world.wallShift = 0;
    world.pass(1_100);
    assertThat(figure().startMillis())
        .isEqualTo(Instant.parse("2026-11-01T00:00:00Z").toEpochMilli());
    assertThat(figure().isExhausted()).isFalse();
  }

  @Test
  void holdLetsRunWhatRunsAndEvictDoesNot() {
    world.running("research", "r", 2, "a");
    use(10);
    world.pass(4_000);
    assertThat(world.cluster.evictions).isEmpty();
    research("Evict");
    world.pass(4_000);
    assertThat(world.cluster.evictions).containsExactlyInAnyOrder("r0", "r1");
    assertThat(world.cluster.events)
        .anyMatch(
            event -> event.message().startsWith("Evicted because of a budget. Team research"));
  }

  @Test
  void whatYieldsGoesForATeamThatHasABudgetLeft() {
    research("Yield");
    use(10);
    world.running("research", "r", 4, "a");
    world.team("fraud", "'guarantee': '0'");
    world.tell(world.gated("fraud", "p", 1));
    world.pass(200);
    assertThat(world.cluster.evictions).containsExactly("r3");
    world.end("r3");
    assertThat(world.mayGo("p")).isTrue();
    world.pass(1_000);
    assertThat(world.verbs.turns().picture().reclaims().get(0).rule())
        .isEqualTo(Reclaim.Rule.BUDGET);
  }

  @Test
  void aPodStartsOnlyIfItFitsUntilItsDeadline() {
    used.put("research", 7 * HOUR);
    world.tell(world.gated("research", "long", 1).deadlineSeconds(4 * 3_600));
    world.tell(world.gated("research", "short", 1).deadlineSeconds(3 * 3_600));
    world.pass(3_000);
    assertThat(world.mayGo("short")).isTrue();
    assertThat(world.mayGo("long")).isFalse();
    assertThat(world.cluster.told.get("long"))
        .contains("Until its deadline it may use more than team research has left of its 10");
  }

  @Test
  void whatIsUsedIsToldNowAndThenAndAtOnceWhenItBecomesALot() {
    use(1);
    assertThat(figure().used()).isEqualTo(HOUR);
    use(2);
    assertThat(figure().used()).isEqualTo(HOUR);
    use(8);
    assertThat(figure().level()).isEqualTo(BudgetBalance.Level.USED_80_PERCENT);
    world.pass(30_000);
    used.put("research", 9 * HOUR);
    world.pass(30_000);
    assertThat(figure().used()).isEqualTo(9 * HOUR);
  }
}
