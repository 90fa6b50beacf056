package gpu.kerf.extender.turn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How old evicted pods were, by what created them: the pod that takes the place of an evicted one
 * stands in the line where that one stood.
 */
final class Ages {

  private static final int MOST_OWNERS = 10_000;

  private final Map<String, Deque<Long>> byOwner = new LinkedHashMap<>();

  /** A pod was evicted that had waited since a time. */
  void evicted(String namespace, String owner, long since) {
    if (owner.isEmpty()) {
      return;
    }
    String key = key(namespace, owner);
    Deque<Long> ages = byOwner.remove(key);
    ages = ages == null ? new ArrayDeque<>() : ages;
    ages.add(since);
    byOwner.put(key, ages);
    if (byOwner.size() > MOST_OWNERS) {
      byOwner.remove(byOwner.keySet().iterator().next());
    }
  }

  /** Since when a new pod waits: since its creation, or since one that was evicted did. */
  long take(String namespace, String owner, long created) {
    Deque<Long> ages = byOwner.get(key(namespace, owner));
    if (ages == null) {
      return created;
    }
    long since = ages.remove();
    if (ages.isEmpty()) {
      byOwner.remove(key(namespace, owner));
    }
    return Math.min(since, created);
  }

  private static String key(String namespace, String owner) {
    return namespace + " " + owner;
  }
}
