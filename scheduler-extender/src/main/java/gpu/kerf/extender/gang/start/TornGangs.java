package gpu.kerf.extender.gang.start;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.state.Scheduling;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evicts gangs that began to start and stayed below their minimum for too long, so that their bound
 * pods do not hold GPUs in vain.
 *
 * <p>It knows them from the cluster alone ({@link Gang#isTorn}), so that a restart forgets none.
 * Pods of the gang that wait hold nothing and are left.
 */
final class TornGangs {
  private static final String REASON = "GangTorn";
  private static final long AGAIN_MILLIS = 10_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Gangs gangs;
  private final Map<GangKey, Long> since = new HashMap<>();
  private final Map<String, Long> evicted = new HashMap<>();

  TornGangs(Scheduling scheduling, Cluster cluster, Gangs gangs) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.gangs = gangs;
  }

  void look() {
    long now = scheduling.elapsedMillis();
    Set<GangKey> still = new HashSet<>();
    for (Gang gang : List.copyOf(gangs.all())) {
      GangSize size = gang.size();
      if (size != null && gang.isTorn()) {
        still.add(gang.key());
        long began = since.computeIfAbsent(gang.key(), key -> now);
        if (now - began >= scheduling.policy().gangs().repair().toMillis()) {
          evict(gang, size, now);
        }
      }
    }
    since.keySet().retainAll(still);
    evicted.values().removeIf(last -> now - last >= AGAIN_MILLIS);
  }

  private void evict(Gang gang, GangSize size, long now) {
    String why =
        "Only "
            + gang.bound()
            + " of at least "
            + size.minimum()
            + " pods of "
            + gang.key()
            + " could be bound.";
    for (Gang.Member member : gang.members()) {
      if (member.bound() && evicted.putIfAbsent(member.uid(), now) == null) {
        scheduling.whenDone(
            () -> cluster.evict(new Eviction(member.pod(), why)),
            (result, failure) -> tell(member, why, result));
      }
    }
  }

  private void tell(Gang.Member member, String why, @Nullable EvictResult result) {
    EvictResult.Kind kind = result == null ? EvictResult.Kind.FAILED : result.kind();
    switch (kind) {
      case EVICTED -> {
        scheduling.evicted(member.pod(), why);
        cluster.event(new PodEvent(member.pod(), true, REASON, why));
      }
      case BLOCKED ->
          cluster.event(
              new PodEvent(
                  member.pod(),
                  true,
                  REASON,
                  why + " A disruption budget keeps this pod for now."));
      case GONE, FAILED -> {
        // Gone is what was wanted; what failed is tried again.
      }
    }
  }
}
