package gpu.kerf.model.team;

import static gpu.kerf.model.team.TurnScene.H100;
import static gpu.kerf.model.team.TurnScene.L4;
import static gpu.kerf.model.team.TurnScene.MINUTE;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random teams, asks and ends: rounds end, limits hold, and what a reclaim takes was borrowed. */
class TurnPropertiesTest {

  private static final int WORLDS = 60;
  private static final int STEPS = 40;

  /** A walk that can be made twice in the same way. */
  private static final class Walk {
    final TurnScene scene = new TurnScene();
    final List<Team> teams = new ArrayList<>();
    private final List<String> leaves = new ArrayList<>();
    private final Random random;
    private int asked;

    Walk(long seed, TurnRules.Mode mode) {
      random = new Random(seed);
      scene.rules = new TurnRules(mode, Duration.ofMinutes(random.nextInt(20)));
      scene.nodes(H100, 2, 4).nodes(L4, 1 + random.nextInt(2), 2);
      long left = 8;
      int tops = 2 + random.nextInt(3);
      for (int i = 0; i < tops; i++) {
        long guarantee = random.nextInt((int) left + 1);
        left -= guarantee;
        add("t" + i, null, guarantee);
        if (random.nextBoolean()) {
          long ofFirst = random.nextInt((int) guarantee + 1);
          add("t" + i + "a", "t" + i, ofFirst);
          add("t" + i + "b", "t" + i, guarantee - ofFirst);
          leaves.remove("t" + i);
        }
      }
      scene.terms(
          teams.stream()
              .map(
                  team -> new TeamTerms(team, Map.of(), Duration.ofMinutes(random.nextInt(3) * 5L)))
              .toArray(TeamTerms[]::new));
    }

    private void add(String name, @Nullable String parent, long gpus) {
      GpuAmount limit = random.nextInt(4) == 0 ? new GpuAmount((gpus + 2) * 1000) : null;
      teams.add(
          new Team(
              name,
              parent,
              new GpuAmount(gpus * 1000),
              limit,
              new Weight(1000L + random.nextInt(2) * 1000L),
              random.nextInt(2)));
      leaves.add(name);
    }

    /** Time passes, work ends, and work comes. */
    void step() {
      scene.now += random.nextInt(5) * MINUTE;
      if (random.nextInt(3) == 0 && !scene.running.isEmpty()) {
        List<String> ids = new ArrayList<>(scene.running.keySet());
        scene.ends(ids.get(random.nextInt(ids.size())));
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        String team = leaves.get(random.nextInt(leaves.size()));
        Work work = scene.gang(team, "w" + asked++, pods(), demand());
        work = TurnScene.withPriority(work, random.nextInt(3) == 0 ? 1 : 0);
        scene.asks(random.nextInt(5) == 0 ? TurnScene.notEvictable(work) : work);
      }
    }

    private int pods() {
      return random.nextInt(4) == 0 ? 2 + random.nextInt(2) : 1;
    }

    private Demand demand() {
      return random.nextBoolean()
          ? Demand.whole(1 + random.nextInt(3))
          : Demand.memory(new MemoryMiB(4000 + random.nextInt(5) * 4000));
    }
  }

  @ParameterizedTest
  @EnumSource(TurnRules.Mode.class)
  void roundsEndAndKeepWhatTeamsArePromised(TurnRules.Mode mode) {
    for (long seed = 0; seed < WORLDS; seed++) {
      Walk walk = new Walk(seed, mode);
      for (int step = 0; step < STEPS; step++) {
        int reclaimed = walk.scene.reclaims.size();
        walk.step();
        walk.scene.settle();
        String where = "seed " + seed + ", step " + step;
        checkLedger(walk, where);
        checkLimits(walk, where);
        for (Reclaim reclaim : walk.scene.reclaims.subList(reclaimed, walk.scene.reclaims.size())) {
          checkVictims(reclaim, walk, where);
        }
      }
    }
  }

  private static void checkLedger(Walk walk, String where) {
    long pods = 0;
    for (Work work : walk.scene.running.values()) {
      pods += work.members().size();
    }
    assertThat(walk.scene.ledger.entries()).as("whole gangs, %s", where).hasSize((int) pods);
    long held =
        walk.scene.ledger.entries().stream()
            .mapToLong(entry -> GpuHolding.of(entry.placement(), walk.scene.ledger.fleet()).milli())
            .sum();
    long ofTeams =
        walk.teams.stream()
            .filter(team -> team.parent() == null)
            .mapToLong(team -> numbers(walk, team.name()).held().milli())
            .sum();
    assertThat(ofTeams).as("what teams hold, %s", where).isEqualTo(held);
  }

  private static void checkLimits(Walk walk, String where) {
    for (Team team : walk.teams) {
      if (team.limit() != null) {
        assertThat(numbers(walk, team.name()).held())
            .as("held by %s, %s", team, where)
            .isLessThanOrEqualTo(team.limit());
      }
    }
  }

  private static TeamNumbers numbers(Walk walk, String team) {
    return Objects.requireNonNull(walk.scene.book.numbers(team));
  }

  private static void checkVictims(Reclaim reclaim, Walk walk, String where) {
    for (Reclaim.Victim victim : reclaim.victims()) {
      assertThat(victim.work().evictable()).as("%s, %s", reclaim, where).isTrue();
      switch (reclaim.rule()) {
        case PRIORITY -> {
          assertThat(victim.work().team()).as(where).isEqualTo(reclaim.work().team());
          assertThat(victim.work().priority()).as(where).isLessThan(reclaim.work().priority());
        }
        case GUARANTEE, SHARE ->
            assertThat(victim.work().team()).as(where).isNotEqualTo(reclaim.work().team());
        case BUDGET, PATIENCE -> {}
      }
      long least = reclaim.rule() == Reclaim.Rule.PRIORITY ? 0 : minRuntime(walk, victim);
      assertThat(walk.scene.now - victim.startedAt()).as(where).isGreaterThanOrEqualTo(least);
    }
  }

  private static long minRuntime(Walk walk, Reclaim.Victim victim) {
    return Objects.requireNonNull(walk.scene.book.nodes().find(victim.work().team()))
        .minRuntimeMillis();
  }

  @ParameterizedTest
  @EnumSource(TurnRules.Mode.class)
  void whereARoundPausesMakesNoDifference(TurnRules.Mode mode) {
    for (long seed = 0; seed < WORLDS / 4; seed++) {
      Walk once = new Walk(seed, mode);
      Walk inPieces = new Walk(seed, mode);
      inPieces.scene.pausing = true;
      for (int step = 0; step < STEPS; step++) {
        once.step();
        once.scene.settle();
        inPieces.step();
        inPieces.scene.settle();
      }
      assertThat(inPieces.scene.started).as("seed %d", seed).isEqualTo(once.scene.started);
      assertThat(once.scene.started).hasSizeGreaterThan(STEPS / 2);
    }
  }

  @ParameterizedTest
  @EnumSource(TurnRules.Mode.class)
  void everyReclaimByRightMakesMoreOfWhatTeamsArePromised(TurnRules.Mode mode) {
    int seen = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      Walk walk = new Walk(seed, mode);
      Promised[] before = new Promised[1];
      walk.scene.beforeRound = () -> before[0] = promised(walk);
      int[] count = new int[1];
      long at = seed;
      walk.scene.onReclaim =
          reclaim -> {
            if (reclaim.rule() == Reclaim.Rule.GUARANTEE) {
              // the victims are gone and the place is kept for the work: nothing else has changed
              assertThat(promised(walk)).as("seed %d, %s", at, reclaim).isGreaterThan(before[0]);
              count[0]++;
            }
            before[0] = promised(walk);
          };
      walk.scene.onStart = () -> before[0] = promised(walk);
      for (int step = 0; step < STEPS; step++) {
        walk.step();
        walk.scene.settle();
      }
      seen += count[0];
    }
    assertThat(seen).isGreaterThan(20);
  }

  /**
   * How much of all guarantees is held. What the groups get back is worth more than what their
   * parents lose when a gang goes that holds more than was asked for.
   */
  private record Promised(long ofGroups, long ofTops) implements Comparable<Promised> {
    @Override
    public int compareTo(Promised other) {
      int groups = Long.compare(ofGroups, other.ofGroups);
      return groups != 0 ? groups : Long.compare(ofTops, other.ofTops);
    }
  }

  private static Promised promised(Walk walk) {
    long ofGroups = 0;
    long ofTops = 0;
    for (Team team : walk.teams) {
      long held = Math.min(numbers(walk, team.name()).held().milli(), team.guarantee().milli());
      ofGroups += team.parent() == null ? 0 : held;
      ofTops += team.parent() == null ? held : 0;
    }
    return new Promised(ofGroups, ofTops);
  }
}
