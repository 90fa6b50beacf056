package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who should hold how many GPUs right now, given who asks for how many.
 *
 * <p>The teams at the top divide all GPUs, and the children of a team divide its share, by the same
 * rules. First, each team gets what it can use of its guarantee. If that is more than there is,
 * {@link WaterFilling} divides what there is with the guarantees as weights. Then the rest goes to
 * the siblings of the highest priority, by weight, up to what they can use; what these leave goes
 * to the next priority. A team can use what the teams at the bottom ask for, within all limits on
 * the way.
 */
public final class Division {
  private final TeamTree tree;
  private final Map<String, Long> usable = new HashMap<>();
  private final Map<String, GpuAmount> shares = new HashMap<>();

  private Division(TeamTree tree) {
    this.tree = tree;
  }

  /**
   * Divides the GPUs.
   *
   * @param asks what each team without children asks for, what it holds included; a team that is
   *     not named asks for nothing
   * @return the share of every team, in the order of the tree
   */
  public static Map<String, GpuAmount> of(
      TeamTree tree, GpuAmount total, Map<String, GpuAmount> asks) {
    Division division = new Division(tree);
    division.addUsable(asks);
    division.divide(tree.roots(), total);
    for (Team team : tree.inOrder()) {
      division.divide(tree.children(team), division.share(team));
    }
    Map<String, GpuAmount> inOrder = new LinkedHashMap<>();
    tree.inOrder().forEach(team -> inOrder.put(team.name(), division.share(team)));
    return Collections.unmodifiableMap(inOrder);
  }

  private GpuAmount share(Team team) {
    return shares.getOrDefault(team.name(), GpuAmount.NONE);
  }

  private void addUsable(Map<String, GpuAmount> asks) {
    List<Team> order = tree.inOrder();
    for (int i = order.size() - 1; i >= 0; i--) {
      Team team = order.get(i);
      List<Team> children = tree.children(team);
      long asked =
          children.isEmpty()
              ? asks.getOrDefault(team.name(), GpuAmount.NONE).milli()
              : Math.min(Thousandths.MOST, children.stream().mapToLong(this::usable).sum());
      long limited = team.atMostLimit(new GpuAmount(asked)).milli();
      usable.put(
          team.name(),
          team.weight().milli() > 0 ? limited : Math.min(limited, team.guarantee().milli()));
    }
  }

  private long usable(Team team) {
    return usable.getOrDefault(team.name(), 0L);
  }

  private long guaranteed(Team team) {
    return Math.min(team.guarantee().milli(), usable(team));
  }

  private void divide(List<Team> siblings, GpuAmount amount) {
    long promised = siblings.stream().mapToLong(this::guaranteed).sum();
    if (promised > amount.milli()) {
      long[] caps = siblings.stream().mapToLong(this::guaranteed).toArray();
      long[] weights = siblings.stream().mapToLong(team -> team.guarantee().milli()).toArray();
      give(siblings, WaterFilling.divide(amount.milli(), caps, weights));
      return;
    }
    give(siblings, siblings.stream().mapToLong(this::guaranteed).toArray());
    long left = amount.milli() - promised;
    for (List<Team> tier : tiers(siblings)) {
      long[] caps = tier.stream().mapToLong(team -> usable(team) - guaranteed(team)).toArray();
      long[] weights = tier.stream().mapToLong(team -> team.weight().milli()).toArray();
      long[] parts = WaterFilling.divide(left, caps, weights);
      give(tier, parts);
      for (long part : parts) {
        left -= part;
      }
    }
  }

  private void give(List<Team> teams, long[] parts) {
    for (int i = 0; i < parts.length; i++) {
      Team team = teams.get(i);
      shares.put(team.name(), new GpuAmount(share(team).milli() + parts[i]));
    }
  }

  /** The siblings by priority, the highest first. */
  private static Collection<List<Team>> tiers(List<Team> siblings) {
    Map<Integer, List<Team>> tiers = new TreeMap<>(Collections.reverseOrder());
    for (Team team : siblings) {
      tiers.computeIfAbsent(team.priority(), any -> new ArrayList<>()).add(team);
    }
    return tiers.values();
  }
}
