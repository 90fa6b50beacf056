package gpu.kerf.model.team;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.team.Teams.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What holds for every division; each failure names the seed of its world. */
class DivisionPropertiesTest {
  private static final int WORLDS = 4_000;

  @Test
  void aLevelGivesAllThatItHasOrAllThatItsTeamsCanUse() {
    eachLevel(
        (level, where) ->
            assertThat(level.sum(level.shares))
                .as(where)
                .isEqualTo(Math.min(level.amount, level.sum(level.usable))));
  }

  @Test
  void noTeamGetsMoreThanItCanUse() {
    eachLevel(
        (level, where) -> {
          for (int i = 0; i < level.size(); i++) {
            assertThat(level.shares[i]).as(where).isBetween(0L, level.usable[i]);
          }
        });
  }

  @Test
  void everyTeamGetsItsGuaranteeIfAllGuaranteesFit() {
    eachLevel(
        (level, where) -> {
          if (level.sum(level.promised) <= level.amount) {
            for (int i = 0; i < level.size(); i++) {
              assertThat(level.shares[i]).as(where).isGreaterThanOrEqualTo(level.promised[i]);
            }
          }
        });
  }

  /** One thousandth more for a team would make another, no better supplied, lose one. */
  @Test
  void theDivisionIsMaxMinInsideAPriority() {
    eachLevel(
        (level, where) -> {
          for (int poor = 0; poor < level.size(); poor++) {
            for (int rich = 0; rich < level.size(); rich++) {
              if (level.canGrow(poor)
                  && level.extra(rich) > 0
                  && level.team(poor).priority() == level.team(rich).priority()) {
                assertThat((level.extra(rich) - 1) * level.weight(poor))
                    .as("%s: %s against %s", where, level.team(rich), level.team(poor))
                    .isLessThan((level.extra(poor) + 1) * level.weight(rich));
              }
            }
          }
        });
  }

  @Test
  void aLowerPriorityGetsNothingAboveItsGuaranteeWhileAHigherOneCanUseIt() {
    eachLevel(
        (level, where) -> {
          for (int high = 0; high < level.size(); high++) {
            for (int low = 0; low < level.size(); low++) {
              if (level.canGrow(high) && level.team(low).priority() < level.team(high).priority()) {
                assertThat(level.extra(low)).as(where).isNotPositive();
              }
            }
          }
        });
  }

  @Test
  void eachShareIsWithinAThousandthOfTheExactOne() {
    eachLevel(
        (level, where) -> {
          double[] exact = NaiveDivision.of(level);
          for (int i = 0; i < level.size(); i++) {
            assertThat(Math.abs(level.shares[i] - exact[i]))
                .as("%s: %s gets %d, exactly %f", where, level.team(i), level.shares[i], exact[i])
                .isLessThan(1.001);
          }
        });
  }

  @Test
  void moreWeightNeverMeansLess() {
    eachWorld(
        (world, where) -> {
          Random random = new Random(where.hashCode());
          Team team = world.teams().get(random.nextInt(world.teams().size()));
          long more = team.weight().milli() + 1 + random.nextInt(3_000);
          World changed = world.with(Teams.weighing(team, new Weight(more)));
          assertThat(changed.shares().get(team.name()))
              .as("%s: %s", where, team)
              .isGreaterThanOrEqualTo(world.shares().get(team.name()));
        });
  }

  @Test
  void theOrderOfTheTeamsDoesNotMatter() {
    eachWorld(
        (world, where) -> {
          List<Team> shuffled = new ArrayList<>(world.teams());
          Collections.shuffle(shuffled, new Random(where.hashCode()));
          Map<String, GpuAmount> other = new World(shuffled, world.total(), world.asks()).shares();
          assertThat(List.copyOf(other.entrySet()))
              .as(where)
              .isEqualTo(List.copyOf(world.shares().entrySet()));
        });
  }

  private static void eachWorld(BiConsumer<World, String> check) {
    for (int seed = 0; seed < WORLDS; seed++) {
      World world = Teams.world(new Random(seed));
      check.accept(world, "seed " + seed + ": " + world);
    }
  }

  private static void eachLevel(BiConsumer<Level, String> check) {
    eachWorld(
        (world, where) -> {
          TeamTree tree = world.tree();
          Map<String, GpuAmount> shares = world.shares();
          check.accept(Level.of(world, tree.roots(), shares, world.total()), where);
          for (Team team : tree.inOrder()) {
            List<Team> children = tree.children(team);
            if (!children.isEmpty()) {
              GpuAmount share = Teams.amountOf(team, shares);
              check.accept(Level.of(world, children, shares, share), where);
            }
          }
        });
  }

  /** Siblings, what they divide, and what each got of it. */
  static final class Level {
    final List<Team> teams;
    final long amount;
    final long[] usable;
    final long[] promised;
    final long[] shares;

    private Level(List<Team> teams, long amount, long[] usable, long[] promised, long[] shares) {
      this.teams = teams;
      this.amount = amount;
      this.usable = usable;
      this.promised = promised;
      this.shares = shares;
    }

    static Level of(
        World world, List<Team> teams, Map<String, GpuAmount> shares, GpuAmount amount) {
      long[] usable = teams.stream().mapToLong(team -> NaiveDivision.usable(world, team)).toArray();
      long[] promised = new long[usable.length];
      for (int i = 0; i < promised.length; i++) {
        promised[i] = Math.min(usable[i], teams.get(i).guarantee().milli());
      }
      long[] got = teams.stream().mapToLong(team -> Teams.amountOf(team, shares).milli()).toArray();
      return new Level(teams, amount.milli(), usable, promised, got);
    }

    int size() {
      return teams.size();
    }

    Team team(int i) {
      return teams.get(i);
    }

    long weight(int i) {
      return teams.get(i).weight().milli();
    }

    long extra(int i) {
      return shares[i] - promised[i];
    }

    boolean canGrow(int i) {
      return shares[i] < usable[i] && weight(i) > 0 && sum(promised) <= amount;
    }

    long sum(long[] numbers) {
      return LongStream.of(numbers).sum();
    }
  }
}
