package gpu.kerf.extender.api;

import gpu.kerf.extender.access.Viewer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** A document that is made at most once a second for clients that see the same. */
final class FreshBytes {
  private static final long FRESH_NANOS = 1_000_000_000;

  /** Each is as long as a fleet is large, so only a few are kept. */
  private static final int MOST = 16;

  private final LongSupplier nanos;
  private final Function<Viewer, byte[]> make;
  private final Map<Viewer, Made> made =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Viewer, Made> eldest) {
          return size() > MOST;
        }
      };

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Made(byte[] bytes, long at) {}

  FreshBytes(LongSupplier nanos, Function<Viewer, byte[]> make) {
    this.nanos = nanos;
    this.make = make;
  }

  byte[] of(Viewer viewer) {
    long now = nanos.getAsLong();
    Made known = made.get(viewer);
    if (known == null || now - known.at >= FRESH_NANOS) {
      known = new Made(make.apply(viewer), now);
      made.put(viewer, known);
    }
    return known.bytes;
  }
}
