package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Words to write teams with. */
final class Teams {

  private Teams() {}

  static Team team(String name) {
    return new Team(name, null, GpuAmount.NONE, null, Weight.ONE, 0);
  }

  static Team guaranteed(String name, String guarantee) {
    return new Team(name, null, gpus(guarantee), null, Weight.ONE, 0);
  }

  static Team below(@Nullable String parent, Team team) {
    return new Team(
        team.name(), parent, team.guarantee(), team.limit(), team.weight(), team.priority());
  }

  static Team limited(Team team, String limit) {
    return new Team(
        team.name(), team.parent(), team.guarantee(), gpus(limit), team.weight(), team.priority());
  }

  static Team weighing(Team team, String weight) {
    return weighing(team, Weight.parse(weight));
  }

  static Team weighing(Team team, Weight weight) {
    return new Team(
        team.name(), team.parent(), team.guarantee(), team.limit(), weight, team.priority());
  }

  static Team first(Team team, int priority) {
    return new Team(
        team.name(), team.parent(), team.guarantee(), team.limit(), team.weight(), priority);
  }

  static GpuAmount gpus(String text) {
    return GpuAmount.parse(text);
  }

  static GpuAmount amountOf(Team team, Map<String, GpuAmount> amounts) {
    return Objects.requireNonNull(amounts.get(team.name()));
  }

  static Map<String, String> divide(String total, List<Team> teams, Map<String, String> asks) {
    Map<String, GpuAmount> amounts = new HashMap<>();
    asks.forEach((name, text) -> amounts.put(name, gpus(text)));
    Map<String, String> shares = new HashMap<>();
    Division.of(TeamTree.of(teams), gpus(total), amounts)
        .forEach((name, share) -> shares.put(name, share.toString()));
    return shares;
  }

  /** Teams, what they ask for, and the GPUs. */
  record World(List<Team> teams, GpuAmount total, Map<String, GpuAmount> asks) {

    TeamTree tree() {
      return TeamTree.of(teams);
    }

    Map<String, GpuAmount> shares() {
      return Division.of(tree(), total, asks);
    }

    World with(Team changed) {
      List<Team> others = new ArrayList<>(teams);
      others.removeIf(team -> team.name().equals(changed.name()));
      others.add(changed);
      return new World(others, total, asks);
    }
  }

  /** A world of up to three levels, small or large, with ties and extremes. */
  static World world(Random random) {
    int most = random.nextInt(4) == 0 ? 12 : 40_000;
    List<Team> teams = new ArrayList<>();
    Map<String, GpuAmount> asks = new HashMap<>();
    int count = 1 + random.nextInt(12);
    for (int i = 0; i < count; i++) {
      boolean top = teams.isEmpty() || random.nextInt(3) == 0;
      String parent = top ? null : teams.get(random.nextInt(teams.size())).name();
      GpuAmount limit = random.nextInt(3) == 0 ? amount(random, most) : null;
      GpuAmount guarantee = random.nextBoolean() ? amount(random, most / 2) : GpuAmount.NONE;
      Weight weight = new Weight(random.nextInt(5) * 1_000L + random.nextInt(2) * 333L);
      String name = "t" + (char) ('a' + random.nextInt(26)) + i;
      teams.add(new Team(name, parent, guarantee, limit, weight, random.nextInt(3) * 100 - 100));
      asks.put(name, amount(random, most * 2));
    }
    return new World(teams, amount(random, most * 4), asks);
  }

  private static GpuAmount amount(Random random, int most) {
    return new GpuAmount(random.nextInt(most + 1));
  }
}
