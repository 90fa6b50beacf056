package gpu.kerf.model.usage;

import java.util.function.Consumer;

/** What was used, hour by hour. */
public interface UsageSource {

  /**
   * Tells of every cell whose hour overlaps a span of time; cells of the hour that is running reach
   * up to now.
   *
   * @param fromMillis the first moment, in milliseconds since 1970
   * @param toMillis the first moment after it
   */
  void cells(long fromMillis, long toMillis, Consumer<UsageCell> each);
}
