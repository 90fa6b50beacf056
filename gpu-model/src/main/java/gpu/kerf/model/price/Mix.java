package gpu.kerf.model.price;

import gpu.kerf.model.demand.PodDemand;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which demands usually come: how often each kind of pod has been seen, the older arrivals counting
 * less.
 *
 * <p>Once {@link #HORIZON} arrivals are counted all counts are halved, so that the mix follows the
 * work; kinds that have faded are forgotten. It learns from past arrivals only.
 */
public final class Mix {

  /** After so many arrivals what came before counts half. */
  static final int HORIZON = 20_000;

  private static final double FADED = 0.25;
  private static final int MOST_KINDS = 4_096;

  private final Map<PodDemand, double[]> counts = new LinkedHashMap<>();
  private double total;

  /** A pod has arrived, whether or not it can be placed. */
  public void arrived(PodDemand demand) {
    if (total >= HORIZON || counts.size() >= MOST_KINDS) {
      fade();
    }
    counts.computeIfAbsent(demand, kind -> new double[1])[0]++;
    total++;
  }

  private void fade() {
    total = 0;
    for (Iterator<double[]> each = counts.values().iterator(); each.hasNext(); ) {
      double[] count = each.next();
      count[0] /= 2;
      if (count[0] < FADED) {
        each.remove();
      } else {
        total += count[0];
      }
    }
  }

  /** How many arrivals are counted. */
  public double total() {
    return total;
  }

  /** Looks at every kind with its count, in the order in which they were first seen. */
  void forEach(Visitor visitor) {
    counts.forEach((kind, count) -> visitor.kind(kind, count[0]));
  }

  /** Takes one kind of pod. */
  interface Visitor {
    void kind(PodDemand demand, double count);
  }
}
