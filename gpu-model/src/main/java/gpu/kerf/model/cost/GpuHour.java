package gpu.kerf.model.cost;

import gpu.kerf.model.usage.UsageCell;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one GPU in one hour beside its use.
 *
 * @param hourStartMillis the start of the hour, in milliseconds since 1970, UTC
 * @param gpu the UUID of the GPU, or {@code node/index} where it has none
 * @param presentMillis for how much of the hour it could be used
 * @param stranded what no usual demand could use of it, by the owners whose placements were the
 *     cause
 */
public record GpuHour(
    long hourStartMillis, String gpu, String model, long presentMillis, List<Stranded> stranded) {

  public GpuHour {
    stranded = List.copyOf(stranded);
  }

  /** This together with another record of the same GPU and hour. */
  GpuHour plus(GpuHour other) {
    List<Stranded> both = new ArrayList<>(stranded);
    both.addAll(other.stranded);
    return new GpuHour(hourStartMillis, gpu, model, presentMillis + other.presentMillis, both);
  }

  /**
   * A part that was free and of no use.
   *
   * @param cause the owner whose placement was the cause; null if it was none, for example a lack
   *     of CPU on a node without placements
   * @param milliGpuMillis thousandths of a GPU times milliseconds
   */
  public record Stranded(UsageCell.@Nullable Key cause, long milliGpuMillis) {}
}
