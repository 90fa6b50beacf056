package gpu.kerf.model.team;

import java.util.Comparator;

/**
 * Which of two siblings gets a turn first: one under its guarantee, and of two such the one that
 * holds the smaller part of its guarantee; above the guarantees, the one that holds the smaller
 * part of its share. Among equals the name decides.
 *
 * <p>Parts are compared by multiplication: amounts are at most {@link Thousandths#MOST}, so the
 * products fit.
 */
final class TurnOrder implements Comparator<TeamNode> {

  @Override
  public int compare(TeamNode one, TeamNode other) {
    boolean under = one.isUnderGuarantee();
    if (under != other.isUnderGuarantee()) {
      return under ? -1 : 1;
    }
    int order = under ? byGuarantee(one, other) : byShare(one, other);
    return order != 0 ? order : one.name().compareTo(other.name());
  }

  private static int byShare(TeamNode one, TeamNode other) {
    if (one.share == 0 || other.share == 0) {
      return one.share == other.share
          ? Long.compare(one.held, other.held)
          : Long.compare(other.share, one.share);
    }
    return Long.compare(one.held * other.share, other.held * one.share);
  }

  private static int byGuarantee(TeamNode one, TeamNode other) {
    long[] mine = leastMet(one);
    long[] its = leastMet(other);
    return Long.compare(mine[0] * its[1], its[0] * mine[1]);
  }

  /** What is held of the guarantee that is met least, and that guarantee. */
  private static long[] leastMet(TeamNode node) {
    long[] least = {node.held, node.guarantee()};
    if (node.held >= node.guarantee()) {
      least = new long[] {1, 1};
    }
    for (TeamNode.ModelPart part : node.models.values()) {
      if (part.isUnder() && part.held * least[1] < least[0] * part.guarantee) {
        least = new long[] {part.held, part.guarantee};
      }
    }
    return least;
  }
}
