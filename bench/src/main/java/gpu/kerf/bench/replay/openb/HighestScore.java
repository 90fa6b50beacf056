package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes the node with the highest rating; of equal ones the first by name.
 *
 * <p>A rating depends on one node, so it stays valid until that node changes: of a thousand nodes a
 * decision rates only the few that changed since the last pod of the same kind.
 */
final class HighestScore implements ReplayPolicy {

  private static final int DOES_NOT_FIT = -1;

  private final Fleet fleet;
  private final NodeScore score;
  private final int[] changes;
  private final Map<PodDemand, Ratings> ratings = new HashMap<>();

  /** What the nodes were rated for one demand, and after which of their changes. */
  private static final class Ratings {
    final Ask ask;
    final int[] values;
    final int[] after;

    Ratings(Ask ask, int nodes) {
      this.ask = ask;
      this.values = new int[nodes];
      this.after = new int[nodes];
    }
  }

  HighestScore(Fleet fleet, NodeScore score) {
    this.fleet = fleet;
    this.score = score;
    this.changes = new int[fleet.limit()];
    Arrays.fill(changes, 1);
  }

  @Override
  public @Nullable Placement place(PodDemand pod, long now) {
    Ratings known = ratings.computeIfAbsent(pod, this::unrated);
    int best = -1;
    int highest = DOES_NOT_FIT;
    for (int i = 0; i < changes.length; i++) {
      if (known.after[i] != changes[i]) {
        rate(known, i);
      }
      if (known.values[i] > highest) {
        highest = known.values[i];
        best = i;
      }
    }
    if (best < 0) {
      return null;
    }
    NodeState node = node(best);
    return known.ask.on(node, score.gpus(known.ask, best, node));
  }

  private Ratings unrated(PodDemand pod) {
    return new Ratings(Ask.of(pod), changes.length);
  }

  private void rate(Ratings known, int i) {
    NodeState node = node(i);
    known.values[i] = known.ask.fits(node) ? score.of(known.ask, i, node) : DOES_NOT_FIT;
    known.after[i] = changes[i];
  }

  private NodeState node(int index) {
    return Objects.requireNonNull(fleet.at(index));
  }

  @Override
  public void placed(PodDemand pod, Placement placement, long now) {
    changed(placement);
  }

  @Override
  public void left(PodDemand pod, Placement placement, long now) {
    changed(placement);
  }

  private void changed(Placement placement) {
    int index = fleet.indexOf(placement.node());
    changes[index]++;
    score.changed(index);
  }
}
