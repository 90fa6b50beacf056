package gpu.kerf.model.cost;

import java.util.function.Consumer;

/** What is known of GPUs, hour by hour, beside their use. */
public interface GpuHourSource {

  /**
   * Tells of every GPU in every hour that overlaps a span of time; the hour that is running reaches
   * up to now.
   */
  void hours(long fromMillis, long toMillis, Consumer<GpuHour> each);
}
