package gpu.kerf.model.cost;

import gpu.kerf.model.usage.UsageCell;
import org.jspecify.annotations.Nullable;

/**
 * A part of an hour of one GPU, with its price. The rows of one GPU and hour add up to what was
 * there of it, and to its price.
 *
 * @param owner who held it, or whose placement stranded it; null where it was no owner
 * @param mebibyteMillis MiB of GPU memory that were set aside, times milliseconds
 * @param micros what it costs, in millionths of the currency
 */
public record CostRow(
    long hourStartMillis,
    String gpu,
    String model,
    Kind kind,
    UsageCell.@Nullable Key owner,
    long milliGpuMillis,
    long mebibyteMillis,
    long micros) {

  /** What became of the part. */
  public enum Kind {
    /** A pod held it. */
    HELD,
    /** A pod held it while the GPU computed nothing. */
    IDLE,
    /** It was free, and no usual demand could use it. */
    STRANDED,
    FREE
  }
}
