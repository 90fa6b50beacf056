package gpu.kerf.extender.access;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Keeps what was learned for a short time, and only the newest of it. One thread uses it.
 *
 * <p>The age counts from when it was made, however often it is used, so that a right that was taken
 * away ends in time.
 */
final class ReviewCache<K, V> {
  private final int most;
  private final long millis;
  private final LongSupplier clock;
  private final Map<K, Kept<V>> kept = new LinkedHashMap<>();

  private record Kept<V>(V value, long at) {}

  /**
   * @param clock in milliseconds; only goes forward
   */
  ReviewCache(int most, long millis, LongSupplier clock) {
    this.most = most;
    this.millis = millis;
    this.clock = clock;
  }

  /**
   * What is kept under a key, or what is made now.
   *
   * @param usable whether what is kept is still good for something
   */
  V get(K key, Predicate<V> usable, Function<K, V> make) {
    forgetOld();
    Kept<V> known = kept.get(key);
    if (known != null && usable.test(known.value)) {
      return known.value;
    }
    V made = make.apply(key);
    kept.remove(key);
    kept.put(key, new Kept<>(made, clock.getAsLong()));
    if (kept.size() > most) {
      kept.remove(kept.keySet().iterator().next());
    }
    return made;
  }

  /** The oldest stand first. */
  private void forgetOld() {
    long now = clock.getAsLong();
    Iterator<Kept<V>> oldest = kept.values().iterator();
    while (oldest.hasNext() && now - oldest.next().at >= millis) {
      oldest.remove();
    }
  }
}
