package gpu.kerf.model.cost;

import gpu.kerf.model.usage.UsageCell;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Divides one hour of one GPU into rows.
 *
 * <p>What is divided is the time for which the GPU could be used; if more was used than that, what
 * was used; and never more than the hour. Its price is divided by thousandths of a GPU times
 * milliseconds, exactly. First comes what was held, in the order of the cells; of the rest what was
 * stranded, at most the rest; the remaining part was free.
 *
 * <p>Without figures of a GPU in an hour only what was held is known, and only that is priced.
 */
final class HourDivision {

  static final long HOUR_MILLIS = 3_600_000;

  private static final long WHOLE = 1000;
  static final long WHOLE_HOUR = WHOLE * HOUR_MILLIS;

  private final PriceList prices;
  private final BusyTime busy;

  HourDivision(PriceList prices, BusyTime busy) {
    this.prices = prices;
    this.busy = busy;
  }

  /** A row without its price. */
  private record Part(
      CostRow.Kind kind, UsageCell.@Nullable Key owner, long milliGpuMillis, long mebibyteMillis) {}

  /**
   * The rows.
   *
   * @param cells what was used of this GPU in this hour; in a given order, as it decides which row
   *     gets a millionth that two have the same right to
   * @param hour null if it is not known what else there was
   */
  void divide(List<UsageCell> cells, @Nullable GpuHour hour, Consumer<CostRow> rows) {
    if (cells.isEmpty() && hour == null) {
      return;
    }
    long start = hour == null ? cells.get(0).hourStartMillis() : hour.hourStartMillis();
    String gpu = hour == null ? cells.get(0).gpu() : hour.gpu();
    String model = hour == null ? cells.get(0).key().model() : hour.model();
    List<Part> parts = new ArrayList<>(cells.size() + 2);
    long held = held(cells, busy.permille(gpu, start), parts);
    long present = hour == null ? 0 : Math.min(hour.presentMillis(), HOUR_MILLIS) * WHOLE;
    addUnheld(hour, Math.max(0, present - held), parts);
    long there = Math.min(Math.max(present, held), WHOLE_HOUR);
    if (there > 0) {
      long[] micros = price(parts, prices.of(model).of(there));
      for (int i = 0; i < micros.length; i++) {
        Part part = parts.get(i);
        if (part.milliGpuMillis > 0 || part.mebibyteMillis > 0) {
          rows.accept(
              new CostRow(
                  start,
                  gpu,
                  model,
                  part.kind,
                  part.owner,
                  part.milliGpuMillis,
                  part.mebibyteMillis,
                  micros[i]));
        }
      }
    }
  }

  private static long[] price(List<Part> parts, long micros) {
    long[] weights = new long[parts.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = parts.get(i).milliGpuMillis;
    }
    return LargestRemainder.divide(micros, weights);
  }

  private static long held(List<UsageCell> cells, int permille, List<Part> parts) {
    long held = 0;
    for (UsageCell cell : cells) {
      held += cell.milliGpuMillis();
      long idle = 0;
      long idleMebibytes = 0;
      if (permille != BusyTime.UNKNOWN) {
        long rest = WHOLE - permille;
        idle = cell.milliGpuMillis() / WHOLE * rest + cell.milliGpuMillis() % WHOLE * rest / WHOLE;
        idleMebibytes =
            cell.mebibyteMillis() / WHOLE * rest + cell.mebibyteMillis() % WHOLE * rest / WHOLE;
        parts.add(new Part(CostRow.Kind.IDLE, cell.key(), idle, idleMebibytes));
      }
      parts.add(
          new Part(
              CostRow.Kind.HELD,
              cell.key(),
              cell.milliGpuMillis() - idle,
              cell.mebibyteMillis() - idleMebibytes));
    }
    return held;
  }

  private static void addUnheld(@Nullable GpuHour hour, long unheld, List<Part> parts) {
    long left = unheld;
    if (hour != null) {
      for (GpuHour.Stranded stranded : hour.stranded()) {
        long part = Math.min(left, stranded.milliGpuMillis());
        parts.add(new Part(CostRow.Kind.STRANDED, stranded.cause(), part, 0));
        left -= part;
      }
    }
    parts.add(new Part(CostRow.Kind.FREE, null, left, 0));
  }
}
