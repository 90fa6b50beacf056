package gpu.kerf.extender.preemption;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.PlanOutcome;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** Finds out whether evicting others would make room for a pod at all, and makes no plan of it. */
final class HopeSearch implements Searches.Search {
  private final KnownPod pod;
  private final FleetSearch nodes;
  private final Predicate<KnownPod> waits;
  private final Runnable ifItHelps;
  private boolean over;

  /**
   * @param waits whether a pod still waits for a plan
   */
  HopeSearch(KnownPod pod, FleetSearch nodes, Predicate<KnownPod> waits, Runnable ifItHelps) {
    this.pod = pod;
    this.nodes = nodes;
    this.waits = waits;
    this.ifItHelps = ifItHelps;
  }

  @Override
  public KnownPod pod() {
    return pod;
  }

  @Override
  public boolean isWanted() {
    return !over && waits.test(pod);
  }

  @Override
  public boolean goOn(BooleanSupplier mayGoOn) {
    nodes.goOn(() -> nodes.best() == null && mayGoOn.getAsBoolean());
    return nodes.isOver() || nodes.best() != null;
  }

  @Override
  public void ended() {
    over = true;
    PlanOutcome.Plan best = nodes.best();
    if (best != null && VictimSearch.frees(best)) {
      ifItHelps.run();
    }
  }
}
