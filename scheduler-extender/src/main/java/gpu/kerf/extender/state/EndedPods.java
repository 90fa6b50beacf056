package gpu.kerf.extender.state;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The pods that ended a short while ago. A read that was in flight at that time may still show them
 * as running; its state of them is older than their end.
 */
final class EndedPods {
  private static final int MOST = 50_000;

  /** Longer than any read is waited for. */
  private static final long MILLIS = 300_000;

  private final Map<String, Long> untilByUid = new LinkedHashMap<>();

  void ended(String uid, long now) {
    untilByUid.remove(uid);
    untilByUid.put(uid, now + MILLIS);
    while (untilByUid.size() > MOST) {
      untilByUid.remove(untilByUid.keySet().iterator().next());
    }
    forgetOld(now);
  }

  private void forgetOld(long now) {
    while (!untilByUid.isEmpty()) {
      Map.Entry<String, Long> oldest = untilByUid.entrySet().iterator().next();
      if (now - oldest.getValue() < 0) {
        return;
      }
      untilByUid.remove(oldest.getKey());
    }
  }

  boolean contains(String uid) {
    return untilByUid.containsKey(uid);
  }

  /** The cluster tells of it again, as after an API server was restored from a backup. */
  void isBack(String uid) {
    untilByUid.remove(uid);
  }
}
