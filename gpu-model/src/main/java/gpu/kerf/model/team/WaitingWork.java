package gpu.kerf.model.team;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuModels;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Work that waits in the line of its team: higher priority first, then the older. */
final class WaitingWork implements Comparable<WaitingWork> {

  private static final Comparator<Work> ORDER =
      Comparator.comparingInt(Work::priority)
          .reversed()
          .thenComparingLong(Work::since)
          .thenComparing(Work::id);

  final Work work;
  final Shape shape;

  /** Whether it has left the line. */
  boolean gone;

  /** Whether the fleet can never hold it; then it asks for nothing. */
  boolean never;

  /** Whether a place is being drained for it. */
  boolean drained;

  /** What is kept for it while evicted pods end; else null. */
  @Nullable GpuHolding kept;

  /** Where that is. */
  List<Ledger.Claim> keptPlaces = List.of();

  /**
   * What work asks for. Work that asks for the same shares one shape, so a pass tries it once.
   *
   * @param least in thousandths of GPUs
   * @param atMinimum what its minimum holds at least
   * @param onlyModel the only model that can hold it; null if several can
   */
  record Shape(
      List<PodDemand> demands, long least, GpuHolding atMinimum, @Nullable String onlyModel) {

    /** Shapes are shared: two that are not the same object are different. */
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    static Shape of(Work work, GpuModels models) {
      List<PodDemand> demands = work.demands();
      return new Shape(
          demands,
          least(demands, models),
          atMinimum(least(demands.subList(0, work.minimum()), models), onlyModel(demands, models)),
          onlyModel(demands, models));
    }

    private static GpuHolding atMinimum(long least, @Nullable String model) {
      return new GpuHolding(least, model == null ? Map.of() : Map.of(model, least));
    }

    private static long least(List<PodDemand> demands, GpuModels models) {
      long sum = 0;
      PodDemand last = null;
      long one = 0;
      for (PodDemand demand : demands) {
        if (!demand.equals(last)) {
          one = Math.max(0, GpuMeasure.least(demand, models));
          last = demand;
        }
        sum += one;
      }
      return sum;
    }

    private static @Nullable String onlyModel(List<PodDemand> demands, GpuModels models) {
      String only = null;
      for (int i = 0; i < models.size(); i++) {
        if (GpuMeasure.on(demands.get(0), models.get(i)) != GpuMeasure.NEVER) {
          if (only != null) {
            return null;
          }
          only = models.get(i).name();
        }
      }
      return only;
    }
  }

  WaitingWork(Work work, Shape shape) {
    this.work = work;
    this.shape = shape;
  }

  /** The same work in an older form had places. */
  void keepPlacesOf(@Nullable WaitingWork old) {
    if (old != null) {
      kept = old.kept;
      keptPlaces = old.keptPlaces;
      drained = old.drained;
    }
  }

  /** What it asks for beyond what is held or kept. */
  long counted() {
    return never || kept != null ? 0 : shape.least();
  }

  @Nullable String onlyModel() {
    return shape.onlyModel();
  }

  @Override
  public int compareTo(WaitingWork other) {
    return ORDER.compare(work, other.work);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WaitingWork that && work.id().equals(that.work.id());
  }

  @Override
  public int hashCode() {
    return work.id().hashCode();
  }
}
