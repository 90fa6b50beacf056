package gpu.kerf.extender.idle;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.extender.team.TimeText;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.turn.EvictionNotice;
import gpu.kerf.extender.turn.TurnCounts;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.idle.IdleClock;
import gpu.kerf.model.idle.IdleRule;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns and evicts pods that hold GPUs which compute nothing, of teams that want it so.
 *
 * <p>A pod is idle if no GPU of which it holds a part has computed anything, for this pod or
 * another one. So a pod that shares a GPU is idle only while all pods of that GPU are. The pods of
 * a gang are idle together, and go together.
 *
 * <p>After a restart every pod is watched anew, because what was measured before it held its GPUs
 * says nothing of it.
 *
 * <p>Used on the thread that owns the scheduling.
 */
public final class IdleWatch {
  private static final Logger LOG = LoggerFactory.getLogger(IdleWatch.class);

  /** The reason of the notice, and of the event when it is evicted. */
  private static final String REASON = "Idle";

  private static final String BLOCKED = "IdleNotEvicted";
  private static final String RULE = "idle";
  private static final ZoneId UTC = ZoneId.of("UTC");

  /** An answer that took longer is of a time that is over. */
  private static final long LATE_MILLIS = 60_000;

  /** How much work is being evicted at a time. */
  private static final int MOST_EVICTIONS = 16;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Turns turns;
  private final Gangs gangs;
  private final IdleFigures figures;
  private final long pause;
  private final Metrics metrics;

  /** Since when pods hold what they hold. */
  private final Map<String, Long> heldSince = new HashMap<>();

  private final Map<String, IdleClock> clocks = new HashMap<>();
  private final Map<String, EvictionNotice> notices = new LinkedHashMap<>();
  private final Set<String> leaving = new HashSet<>();
  private boolean asks;
  private boolean failed;
  private long last;

  /** Work that holds GPUs: a pod, or the pods of a gang that are bound. */
  private record Holding(String team, IdleRule rule, List<Entry> entries) {}

  /**
   * @param every how often figures are asked for
   */
  public IdleWatch(
      Scheduling scheduling,
      Cluster cluster,
      Turns turns,
      Gangs gangs,
      IdleFigures figures,
      Duration every,
      Metrics metrics) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.turns = turns;
    this.gangs = gangs;
    this.figures = figures;
    this.pause = every.toMillis();
    this.metrics = metrics;
    this.last = scheduling.elapsedMillis();
    scheduling.ledger().entries().forEach(entry -> entryChanged(null, entry));
    scheduling.ledger().observe(this::entryChanged);
    turns.announce(() -> Collections.unmodifiableMap(notices));
    List.of("answered", "failed", "late").forEach(each -> metrics.zero(Metric.IDLE_LOOKS, each));
  }

  private void entryChanged(@Nullable Entry before, @Nullable Entry after) {
    if (after == null && before != null) {
      heldSince.remove(before.uid());
      clocks.remove(before.uid());
      notices.remove(before.uid());
      leaving.remove(before.uid());
    } else if (after != null && after.state() != Entry.State.PROPOSED) {
      heldSince.putIfAbsent(after.uid(), scheduling.elapsedMillis());
    }
  }

  /** Asks for figures when it is time; to be called now and then. */
  public void tick() {
    long now = scheduling.elapsedMillis();
    if (!turns.isOn() || !cluster.synced() || !cluster.leadsTurns()) {
      stopAll();
      return;
    }
    if (asks || now - last < pause) {
      return;
    }
    last = now;
    Set<Duration> durations = durations();
    if (durations.isEmpty()) {
      stopAll();
      return;
    }
    asks = true;
    scheduling.whenDone(
        () -> figures.look(durations), (answer, failure) -> answered(now, answer, failure));
  }

  private Set<Duration> durations() {
    Set<Duration> durations = new HashSet<>();
    for (TeamSpec team : turns.teams().inForce().values()) {
      IdleRule rule = team.idle();
      if (rule != null) {
        durations.add(rule.after());
      }
    }
    return durations;
  }

  private void stopAll() {
    clocks.clear();
    notices.clear();
    metrics.set(Metric.IDLE_PODS, 0);
  }

  private void answered(
      long asked, @Nullable Map<Duration, UnusedGpus> answer, @Nullable Throwable failure) {
    asks = false;
    if (!turns.isOn() || !cluster.leadsTurns()) {
      return;
    }
    long now = scheduling.elapsedMillis();
    if (answer == null) {
      metrics.count(Metric.IDLE_LOOKS, "failed");
      tellFailure(String.valueOf(failure));
      missing(now);
    } else if (now - asked > LATE_MILLIS) {
      metrics.count(Metric.IDLE_LOOKS, "late");
      missing(now);
    } else {
      metrics.count(Metric.IDLE_LOOKS, "answered");
      failed = false;
      judge(answer, now);
    }
    metrics.set(Metric.IDLE_PODS, notices.size());
  }

  /** Once, until it answers again. */
  private void tellFailure(String problem) {
    if (!failed) {
      failed = true;
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, problem)
          .log("It is not known which GPUs are idle; no pod is evicted for it meanwhile.");
    }
  }

  private void missing(long now) {
    clocks.forEach(
        (uid, clock) -> {
          if (clock.missing(now) == IdleClock.Step.WITHDRAW) {
            notices.remove(uid);
          }
        });
  }

  private void judge(Map<Duration, UnusedGpus> answer, long now) {
    Map<String, int[]> instances = new HashMap<>();
    Set<String> judged = new HashSet<>();
    for (Holding holding : holdings()) {
      UnusedGpus unused = answer.get(holding.rule.after());
      boolean idle =
          unused != null
              && holding.entries.stream().allMatch(entry -> isIdle(entry, unused, instances));
      long since =
          holding.entries.stream()
              .mapToLong(entry -> heldSince.getOrDefault(entry.uid(), now))
              .max()
              .orElse(now);
      boolean evicts = false;
      for (Entry entry : holding.entries) {
        judged.add(entry.uid());
        IdleClock clock = clocks.computeIfAbsent(entry.uid(), any -> new IdleClock());
        evicts |= did(clock.look(holding.rule, since, idle, now), holding, entry);
      }
      if (evicts) {
        evict(holding);
      }
    }
    // A notice stays true while the pod leaves.
    notices.keySet().removeIf(uid -> !judged.contains(uid) && !leaving.contains(uid));
    clocks.keySet().retainAll(judged);
  }

  /** Does what a clock says; whether the work is to be evicted. */
  private boolean did(IdleClock.Step step, Holding holding, Entry entry) {
    switch (step) {
      case NOTHING -> {}
      case WARN -> notices.put(entry.uid(), notice(holding));
      case WITHDRAW -> notices.remove(entry.uid());
      case EVICT -> {
        return true;
      }
    }
    return false;
  }

  private EvictionNotice notice(Holding holding) {
    Instant end = Instant.ofEpochMilli(scheduling.wallMillis()).plus(holding.rule.warn());
    return new EvictionNotice(
        REASON,
        "The GPUs of this pod have computed nothing for "
            + text(holding.rule.after())
            + ". If that stays so until "
            + TimeText.of(end, UTC)
            + ", Kerf will evict the pod, as the Team "
            + holding.team
            + " says (spec.idle).");
  }

  private static String text(Duration duration) {
    long minutes = duration.toMinutes();
    if (minutes % 60 == 0) {
      return minutes == 60 ? "an hour" : minutes / 60 + " hours";
    }
    return minutes == 1 ? "a minute" : minutes + " minutes";
  }

  // ---- who holds what

  private List<Holding> holdings() {
    Map<String, Holding> works = new LinkedHashMap<>();
    Set<String> kept = new HashSet<>();
    for (Entry entry : scheduling.ledger().entries()) {
      KnownPod pod = scheduling.pods().get(entry.uid());
      if (entry.state() != Entry.State.BOUND
          || pod == null
          || entry.grant().containers().isEmpty()) {
        continue;
      }
      Gang gang = gangs.of(entry.uid());
      String work = gang == null ? entry.uid() : gang.key().id();
      String team = turns.teamOf(entry.holder());
      IdleRule rule = rule(team);
      if (rule == null
          || pod.terminating()
          || leaving.contains(entry.uid())
          || turns.isFixed(entry.uid())
          || !isProtectedNoMore(team, entry)) {
        kept.add(work);
      } else {
        works
            .computeIfAbsent(work, any -> new Holding(team, rule, new ArrayList<>()))
            .entries
            .add(entry);
      }
    }
    works.keySet().removeAll(kept);
    return List.copyOf(works.values());
  }

  /** Of the team, or of the nearest above it that says anything. */
  private @Nullable IdleRule rule(String team) {
    TeamSpec spec = turns.teams().inForce().get(team);
    while (spec != null && spec.idle() == null) {
      String parent = spec.parent();
      spec = parent == null ? null : turns.teams().inForce().get(parent);
    }
    return spec == null ? null : spec.idle();
  }

  private boolean isProtectedNoMore(String team, Entry entry) {
    TeamSpec spec = turns.teams().inForce().get(team);
    long least = spec == null ? 0 : spec.minRuntime().toMillis();
    long now = scheduling.elapsedMillis();
    return now - heldSince.getOrDefault(entry.uid(), now) >= least;
  }

  /** Whether all of which a pod holds a part computed nothing. */
  private boolean isIdle(Entry entry, UnusedGpus unused, Map<String, int[]> instances) {
    NodeState node = scheduling.fleet().node(entry.placement().node());
    List<Slot> slots = entry.placement().slots();
    int given = 0;
    for (Grant.ContainerGrant container : entry.grant().containers()) {
      given += container.slots().size();
    }
    if (node == null || slots.isEmpty() || slots.size() != given) {
      return false;
    }
    List<GpuSpec> gpus = node.spec().gpus();
    int[] mig = instances.computeIfAbsent(node.name(), name -> migSlots(name, gpus.size()));
    for (Slot slot : slots) {
      String uuid = slot.gpu() < gpus.size() ? gpus.get(slot.gpu()).uuid() : null;
      if (uuid == null || !unused.proves(uuid, mig[slot.gpu()])) {
        return false;
      }
    }
    return true;
  }

  /** How many MIG instances of each GPU of a node are held. */
  private int[] migSlots(String node, int gpus) {
    int[] held = new int[gpus];
    for (Entry entry : scheduling.ledger().entriesOn(node)) {
      for (Slot slot : entry.placement().slots()) {
        if (slot instanceof Slot.Mig && slot.gpu() < gpus) {
          held[slot.gpu()]++;
        }
      }
    }
    return held;
  }

  // ---- evictions

  private void evict(Holding holding) {
    Deque<KnownPod> left = new ArrayDeque<>();
    for (Entry entry : holding.entries) {
      KnownPod pod = scheduling.pods().get(entry.uid());
      if (pod != null) {
        left.add(pod);
      }
    }
    if (leaving.size() < MOST_EVICTIONS) {
      left.forEach(pod -> leaving.add(pod.uid()));
      evictNext(holding, left);
    }
  }

  /** One after the other: if a budget forbids the first, no other pod of a gang goes. */
  private void evictNext(Holding holding, Deque<KnownPod> left) {
    KnownPod pod = left.poll();
    if (pod == null) {
      return;
    }
    String why =
        "Evicted because its GPUs have computed nothing for at least "
            + text(holding.rule.after().plus(holding.rule.warn()))
            + ", as the Team "
            + holding.team
            + " says (spec.idle).";
    scheduling.whenDone(
        () -> cluster.evict(new Eviction(pod.ref(), why)),
        (result, failure) -> evicted(holding, left, pod, why, result));
  }

  private void evicted(
      Holding holding,
      Deque<KnownPod> left,
      KnownPod pod,
      String why,
      @Nullable EvictResult result) {
    EvictResult.Kind kind = result == null ? EvictResult.Kind.FAILED : result.kind();
    switch (kind) {
      case EVICTED -> {
        scheduling.evicted(pod.ref(), why);
        turns.counts().evicted(new TurnCounts.Evicted(holding.team, RULE));
        cluster.event(new PodEvent(pod.ref(), true, REASON, why));
        evictNext(holding, left);
      }
      case GONE -> evictNext(holding, left);
      case BLOCKED, FAILED -> {
        // The next figures decide anew.
        leaving.remove(pod.uid());
        left.forEach(other -> leaving.remove(other.uid()));
        String problem = result == null ? "no answer" : result.text();
        cluster.event(
            new PodEvent(pod.ref(), true, BLOCKED, "Cannot evict this idle pod: " + problem));
      }
    }
  }

  /** How many pods are told that they will be evicted. */
  public int warned() {
    return notices.size();
  }
}
