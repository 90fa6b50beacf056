package gpu.kerf.extender.api;

import gpu.kerf.extender.explain.Change;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.model.demand.PodDemand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The cheapest change that would make a pending demand fit, remembered for a while: finding it
 * takes longer than the event loop may stand still for a list of pods. Each second has a budget of
 * time. A demand that does not fit into it keeps its old answer, or gets one at a later request.
 */
final class Changes {
  private static final long OLD_NANOS = 10_000_000_000L;
  private static final long BUDGET_NANOS = 5_000_000;
  private static final long SECOND = 1_000_000_000;
  private static final int MOST = 500;

  private final Explainer explainer;
  private final LongSupplier nanos;
  private final Map<PodDemand, Known> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PodDemand, Known> eldest) {
          return size() > MOST;
        }
      };
  private long second = Long.MIN_VALUE;
  private long spent;

  private record Known(String text, long at) {}

  Changes(Explainer explainer, LongSupplier nanos) {
    this.explainer = explainer;
    this.nanos = nanos;
  }

  /** The change as a text, as it was last found; null if there is none or it is not known. */
  @Nullable String of(PodDemand demand) {
    Known found = known.get(demand);
    return found == null || found.text.isEmpty() ? null : found.text;
  }

  /** Looks for it, if there is time. False if it has never been found out whether there is one. */
  boolean isKnown(PodDemand demand) {
    long now = nanos.getAsLong();
    Known before = known.get(demand);
    if ((before == null || now - before.at > OLD_NANOS) && mayWork(now)) {
      before = new Known(text(explainer.cheapestChange(demand)), now);
      known.put(demand, before);
      spent += nanos.getAsLong() - now;
    }
    return before != null;
  }

  private static String text(@Nullable Change change) {
    return change == null ? "" : change.text();
  }

  private boolean mayWork(long now) {
    if (Math.floorDiv(now, SECOND) != second) {
      second = Math.floorDiv(now, SECOND);
      spent = 0;
    }
    return spent < BUDGET_NANOS;
  }
}
