package gpu.kerf.model.cost;

import gpu.kerf.model.usage.UsageCell;
import gpu.kerf.model.usage.UsageSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows of costs, hour by hour, so that no more than the records of one hour are in memory at
 * once.
 */
public final class CostRows {

  public static final long HOUR_MILLIS = HourDivision.HOUR_MILLIS;

  private static final Comparator<UsageCell> BY_KEY =
      Comparator.comparing(
          UsageCell::key,
          Comparator.comparing(UsageCell.Key::team)
              .thenComparing(UsageCell.Key::namespace)
              .thenComparing(UsageCell.Key::owner)
              .thenComparing(UsageCell.Key::wall)
              .thenComparing(UsageCell.Key::model));

  private final HourDivision division;
  private long gpuHours;
  private long withoutFigures;

  public CostRows(PriceList prices, BusyTime busy) {
    this.division = new HourDivision(prices, busy);
  }

  /** The records of one hour. */
  public record Hour(long startMillis, List<UsageCell> cells, List<GpuHour> gpus) {

    /** Takes them from where they are kept. */
    public static Hour of(long startMillis, UsageSource usage, GpuHourSource gpus) {
      long end = startMillis + HOUR_MILLIS;
      Hour hour = new Hour(startMillis, new ArrayList<>(), new ArrayList<>());
      usage.cells(startMillis, end, hour::add);
      gpus.hours(startMillis, end, hour::add);
      return hour;
    }

    private void add(UsageCell cell) {
      if (cell.hourStartMillis() == startMillis) {
        cells.add(cell);
      }
    }

    private void add(GpuHour gpu) {
      if (gpu.hourStartMillis() == startMillis) {
        gpus.add(gpu);
      }
    }
  }

  /** What belongs to one GPU. */
  private static final class OneGpu {
    private final List<UsageCell> cells = new ArrayList<>(2);
    private @Nullable GpuHour hour;
  }

  /** The rows of one hour, in order of the GPUs. */
  public void divide(Hour hour, Consumer<CostRow> rows) {
    Map<String, OneGpu> gpus = new HashMap<>();
    for (UsageCell cell : hour.cells) {
      gpus.computeIfAbsent(cell.gpu(), name -> new OneGpu()).cells.add(cell);
    }
    for (GpuHour gpu : hour.gpus) {
      OneGpu known = gpus.computeIfAbsent(gpu.gpu(), name -> new OneGpu());
      known.hour = known.hour == null ? gpu : known.hour.plus(gpu);
    }
    for (OneGpu gpu : new TreeMap<>(gpus).values()) {
      gpuHours++;
      withoutFigures += gpu.hour == null ? 1 : 0;
      if (gpu.cells.size() > 1) {
        gpu.cells.sort(BY_KEY);
      }
      division.divide(gpu.cells, gpu.hour, rows);
    }
  }

  /** Of how many GPUs and hours there were records. */
  public long gpuHours() {
    return gpuHours;
  }

  /** For how many of those it is not known what was free and what was stranded. */
  public long withoutFigures() {
    return withoutFigures;
  }
}
