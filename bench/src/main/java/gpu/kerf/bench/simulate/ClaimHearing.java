package gpu.kerf.bench.simulate;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What the processes of the replicas have heard of ResourceClaims by their watches, and when. */
final class ClaimHearing {
  private static final int MOST = 4_000;

  private final VirtualTime timeline;
  private final Map<String, TreeMap<Long, Long>> times = new HashMap<>();

  ClaimHearing(VirtualTime timeline) {
    this.timeline = timeline;
  }

  /** A process has heard of everything up to a revision. */
  void heard(String process, long revision) {
    TreeMap<Long, Long> heard = times.computeIfAbsent(process, name -> new TreeMap<>());
    heard.putIfAbsent(revision, timeline.now());
    if (heard.size() > MOST) {
      heard.pollFirstEntry();
    }
  }

  /** When a process has heard of a revision; never is in the far future. */
  long since(String process, long revision) {
    Map.Entry<Long, Long> entry =
        times.getOrDefault(process, new TreeMap<>()).ceilingEntry(revision);
    return entry == null ? Long.MAX_VALUE : entry.getValue();
  }
}
