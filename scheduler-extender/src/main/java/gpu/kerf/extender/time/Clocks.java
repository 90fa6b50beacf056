package gpu.kerf.extender.time;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The clocks of the service.
 *
 * <p>The wall clock is for what people and other programs read: it may be set forward or back at
 * any moment. Every wait and every time limit is measured with {@code nanos}, which only goes
 * forward. Under a simulation both are virtual; the stop watch, which measures how long the
 * service's own work took, never is.
 *
 * @param wall the time of day
 * @param nanos a monotonic clock with any origin, in nanoseconds
 * @param stopWatch a monotonic clock for the duration of computations, in nanoseconds
 */
public record Clocks(InstantSource wall, LongSupplier nanos, LongSupplier stopWatch) {

  public Clocks(InstantSource wall, LongSupplier nanos) {
    this(wall, nanos, nanos);
  }

  public static Clocks system() {
    return new Clocks(InstantSource.system(), System::nanoTime);
  }

  /** Clocks that all follow one virtual clock, but for the stop watch. */
  public static Clocks virtual(InstantSource clock) {
    return new Clocks(clock, () -> clock.millis() * 1_000_000, System::nanoTime);
  }

  /** The monotonic clock as instants, whose differences alone mean something. */
  public InstantSource elapsed() {
    return () -> Instant.ofEpochMilli(elapsedMillis());
  }

  /** The monotonic clock in milliseconds. */
  public long elapsedMillis() {
    return Math.floorDiv(nanos.getAsLong(), 1_000_000);
  }
}
