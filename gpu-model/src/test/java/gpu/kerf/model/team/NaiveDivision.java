package gpu.kerf.model.team;

import gpu.kerf.model.team.DivisionPropertiesTest.Level;
import gpu.kerf.model.team.Teams.World;
import java.util.stream.IntStream;

/**
 * The division in floating point, by trying levels of the water until the right one is found. It
 * shares no code with {@link Division}.
 */
final class NaiveDivision {
  private static final int STEPS = 200;

  private NaiveDivision() {}

  static double[] of(Level level) {
    int teams = level.size();
    double[] shares = new double[teams];
    if (level.sum(level.promised) > level.amount) {
      double[] widths = new double[teams];
      double[] caps = new double[teams];
      for (int i = 0; i < teams; i++) {
        widths[i] = level.team(i).guarantee().milli();
        caps[i] = level.promised[i];
      }
      pour((double) level.amount, widths, caps, shares);
      return shares;
    }
    double left = level.amount;
    for (int i = 0; i < teams; i++) {
      shares[i] = level.promised[i];
      left -= shares[i];
    }
    int[] priorities =
        IntStream.range(0, teams).map(i -> -level.team(i).priority()).distinct().sorted().toArray();
    for (int priority : priorities) {
      double[] widths = new double[teams];
      double[] caps = new double[teams];
      for (int i = 0; i < teams; i++) {
        boolean in = level.team(i).priority() == -priority;
        widths[i] = in ? level.weight(i) : 0;
        caps[i] = in ? level.usable[i] - level.promised[i] : 0;
      }
      left -= pour(left, widths, caps, shares);
    }
    return shares;
  }

  /** What siblings could use if there were enough for all. */
  static long usable(World world, Team team) {
    long asked = 0;
    boolean leaf = true;
    for (Team child : world.teams()) {
      if (team.name().equals(child.parent())) {
        leaf = false;
        asked += usable(world, child);
      }
    }
    asked = leaf ? Teams.amountOf(team, world.asks()).milli() : asked;
    long limit = team.limit() == null ? Long.MAX_VALUE : team.limit().milli();
    long most = team.weight().milli() == 0 ? team.guarantee().milli() : Long.MAX_VALUE;
    return Math.min(asked, Math.min(limit, most));
  }

  private static double pour(double amount, double[] widths, double[] caps, double[] into) {
    double low = 0;
    double high = 1e6;
    for (int step = 0; step < STEPS; step++) {
      double middle = (low + high) / 2;
      if (used(middle, widths, caps) > amount) {
        high = middle;
      } else {
        low = middle;
      }
    }
    for (int i = 0; i < into.length; i++) {
      into[i] += Math.min(caps[i], low * widths[i]);
    }
    return used(low, widths, caps);
  }

  private static double used(double level, double[] widths, double[] caps) {
    double used = 0;
    for (int i = 0; i < widths.length; i++) {
      used += Math.min(caps[i], level * widths[i]);
    }
    return used;
  }
}
