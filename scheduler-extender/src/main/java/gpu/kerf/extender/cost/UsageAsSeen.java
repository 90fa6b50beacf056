package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.usage.UsageCell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Records of usage without the names of owners that a client may not see. What those used stays,
 * under one name for all of them, so that sums and shares of GPUs are the same for every client.
 */
public final class UsageAsSeen {

  /** Sees all. */
  public static final Predicate<UsageCell.Key> ALL = key -> true;

  private static final String ANOTHER_TEAM = "another team";
  private static final String ANOTHER_NAMESPACE = "another namespace";

  private final Predicate<UsageCell.Key> seen;

  /**
   * @param seen which owners the client may see
   */
  public UsageAsSeen(Predicate<UsageCell.Key> seen) {
    this.seen = seen;
  }

  private record Place(UsageCell.Key key, String gpu) {}

  /** The records of an hour as the client may see them. */
  public CostRows.Hour of(CostRows.Hour hour) {
    if (seen == ALL) {
      return hour;
    }
    Map<Place, UsageCell> cells = new LinkedHashMap<>();
    for (UsageCell cell : hour.cells()) {
      UsageCell.Key key = shown(cell.key());
      UsageCell shown =
          new UsageCell(
              cell.hourStartMillis(),
              key,
              cell.gpu(),
              cell.milliGpuMillis(),
              cell.mebibyteMillis());
      cells.merge(new Place(key, cell.gpu()), shown, UsageAsSeen::sum);
    }
    List<GpuHour> gpus = hour.gpus().stream().map(this::shown).toList();
    return new CostRows.Hour(hour.startMillis(), new ArrayList<>(cells.values()), gpus);
  }

  private static UsageCell sum(UsageCell one, UsageCell other) {
    return new UsageCell(
        one.hourStartMillis(),
        one.key(),
        one.gpu(),
        one.milliGpuMillis() + other.milliGpuMillis(),
        one.mebibyteMillis() + other.mebibyteMillis());
  }

  private UsageCell.Key shown(UsageCell.Key key) {
    return seen.test(key)
        ? key
        : new UsageCell.Key(ANOTHER_TEAM, ANOTHER_NAMESPACE, "", key.model(), key.wall());
  }

  private GpuHour shown(GpuHour gpu) {
    List<GpuHour.Stranded> stranded = new ArrayList<>(gpu.stranded().size());
    for (GpuHour.Stranded part : gpu.stranded()) {
      UsageCell.Key cause = part.cause() == null ? null : shown(part.cause());
      stranded.add(new GpuHour.Stranded(cause, part.milliGpuMillis()));
    }
    return new GpuHour(
        gpu.hourStartMillis(), gpu.gpu(), gpu.model(), gpu.presentMillis(), stranded);
  }
}
