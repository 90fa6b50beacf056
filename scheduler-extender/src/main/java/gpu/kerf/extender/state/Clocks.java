package gpu.kerf.extender.state;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/** What time it is, and a stop watch in nanoseconds. */
public record Clocks(InstantSource wall, LongSupplier nanos) {

  public static Clocks system() {
    return new Clocks(InstantSource.system(), System::nanoTime);
  }
}
