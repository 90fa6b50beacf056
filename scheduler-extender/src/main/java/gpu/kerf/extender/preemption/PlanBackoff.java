package gpu.kerf.extender.preemption;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How long pods have to wait for their next plan: longer after each that failed. */
final class PlanBackoff {
  private static final int MOST = 1_000;
  private static final long FIRST_MILLIS = 15_000;
  private static final long LONGEST_MILLIS = 300_000;
  private static final int MOST_DOUBLINGS = 8;

  private final Map<String, Pause> pauses = new LinkedHashMap<>();

  /**
   * One pod's pause.
   *
   * @param announced whether the end of the pause must be reported
   */
  private record Pause(long until, int failures, boolean announced) {}

  /** A plan for the pod failed. */
  void failed(String uid, long now) {
    int failures = failures(uid) + 1;
    long pause = Math.min(FIRST_MILLIS << Math.min(failures - 1, MOST_DOUBLINGS), LONGEST_MILLIS);
    put(uid, new Pause(now + pause, failures, true));
  }

  /** There is no plan for the pod; looking again before then is of no use. */
  void until(String uid, long then) {
    put(uid, new Pause(then, failures(uid), false));
  }

  private void put(String uid, Pause pause) {
    pauses.put(uid, pause);
    if (pauses.size() > MOST) {
      pauses.remove(pauses.keySet().iterator().next());
    }
  }

  private int failures(String uid) {
    Pause pause = pauses.get(uid);
    return pause == null ? 0 : pause.failures;
  }

  boolean over(String uid, long now) {
    Pause pause = pauses.get(uid);
    return pause == null || pause.until <= now;
  }

  void forget(String uid) {
    pauses.remove(uid);
  }

  /** Whose pause after a failure has ended since the last call. */
  List<String> ended(long now) {
    List<String> ended = new ArrayList<>();
    for (Iterator<Map.Entry<String, Pause>> all = pauses.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<String, Pause> one = all.next();
      Pause pause = one.getValue();
      if (pause.announced && pause.until <= now) {
        ended.add(one.getKey());
        one.setValue(new Pause(pause.until, pause.failures, false));
      }
    }
    return ended;
  }
}
