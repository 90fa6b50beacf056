package gpu.kerf.extender.demo;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Lets time pass as it does for those who watch. */
record Pace(double speed, long from, long begun, LongSupplier nanos) {
  Pace(double speed, long from, LongSupplier nanos) {
    this(speed, from, nanos.getAsLong(), nanos);
  }

  void await(long due, BooleanSupplier stop) {
    if (speed <= 0) {
      return;
    }
    long target = begun + (long) ((due - from) / speed * 1e6);
    for (long left = target - nanos.getAsLong(); left > 0 && !stop.getAsBoolean(); ) {
      LockSupport.parkNanos(Math.min(left, 50_000_000));
      left = target - nanos.getAsLong();
    }
  }
}
