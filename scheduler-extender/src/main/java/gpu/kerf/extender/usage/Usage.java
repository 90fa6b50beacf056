package gpu.kerf.extender.usage;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.ForwardingListener;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PlacementRecord;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.usage.UsageBook;
import gpu.kerf.model.usage.UsageCheckpoint;
import gpu.kerf.model.usage.UsageHolding;
import gpu.kerf.model.usage.UsagePart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the book of usage in step with the ledger.
 *
 * <pre>
 *   a slot is taken            the pod counts from now on
 *   a bound pod is found       it counts from when it was bound, for a team that has a checkpoint
 *                              not from before that
 *   its containers have ended  it counts up to then, as its status says, or else up to now
 *   every few seconds          what each team has used is written into its status
 * </pre>
 *
 * <p>Nothing is counted before pods and teams are known: until then it gathers who holds what.
 *
 * <p>Used on the thread that owns the scheduling.
 */
public final class Usage {
  private static final Logger LOG = LoggerFactory.getLogger(Usage.class);

  /** Without an answer whether there are teams, pods count for none after this long. */
  private static final long TEAMS_WAIT_MILLIS = 300_000;

  private static final int MOST_RELEASED = 4_096;
  private static final long HOUR_MILLIS = 3_600_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final UsageOptions options;
  private final UsageClock clock;
  private final UsageBook book;
  private final Checkpoints checkpoints;
  private final long begun;
  private final Map<String, HeldPod> pods = new HashMap<>();

  /** When pods were bound whose slots are not known yet. */
  private final Map<String, Long> boundAt = new HashMap<>();

  /** The queues of KAI that pods name. */
  private final Map<String, String> queues = new HashMap<>();

  /** Until when pods counted that may be found again; the oldest are forgotten. */
  private final Map<String, Long> released =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> oldest) {
          return size() > MOST_RELEASED;
        }
      };

  /** Pods that have ended before counting begins, by uid. */
  private final Map<String, HeldPod> ended = new LinkedHashMap<>();

  private final Map<String, List<String>> paths = new HashMap<>();
  private AcceptedTeams teams = AcceptedTeams.NONE;
  private boolean counts;
  private boolean asksForEnded;
  private long hour;
  private @Nullable UsageListener listener;

  public Usage(Scheduling scheduling, Cluster cluster, UsageOptions options) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.options = options;
    this.clock = new UsageClock(scheduling::wallMillis, scheduling::elapsedMillis);
    this.book = new UsageBook(clock::now, options.keptHours());
    this.checkpoints = new Checkpoints(book, clock, cluster, options.checkpoint());
    this.begun = scheduling.elapsedMillis();
    scheduling.ledger().observe(this::entryChanged);
    countIfKnown();
  }

  /** What was used, in all, since moments, and by hour. */
  public UsageBook book() {
    return book;
  }

  /** From now on tells what is counted. */
  public void tell(UsageListener told) {
    listener = told;
  }

  /** The teams that it is counted for now. */
  AcceptedTeams teams() {
    return teams;
  }

  /** The cluster must report its events to this, which tells them to another one. */
  public ClusterListener listener(ClusterListener next) {
    return new Listener(next);
  }

  /** Hears of pods before the ledger does, and of teams before turns are given. */
  private final class Listener extends ForwardingListener {
    Listener(ClusterListener next) {
      super(next);
    }

    @Override
    public void podChanged(PodView pod) {
      seen(pod);
      super.podChanged(pod);
    }

    @Override
    public void podOver(PodView pod) {
      over(pod);
      super.podOver(pod);
    }

    @Override
    public void podEnded(String uid) {
      super.podEnded(uid);
      boundAt.remove(uid);
      queues.remove(uid);
    }

    @Override
    public void teamUsageRead(Map<String, UsageCheckpoint> usage) {
      checkpoints.read(usage);
      super.teamUsageRead(usage);
    }

    @Override
    public void teamsChanged(AcceptedTeams changed) {
      use(changed);
      super.teamsChanged(changed);
    }
  }

  // ---- which pods hold what

  private void seen(PodView pod) {
    String queue = pod.labels().getOrDefault(AcceptedTeams.QUEUE_LABEL, "");
    if (!queue.isEmpty()) {
      queues.put(pod.uid(), queue);
    }
    HeldPod known = pods.get(pod.uid());
    if (known != null) {
      endsAsItSays(known, pod);
    } else if (pod.boundMillis() > 0 && !pod.annotation(Annotations.PLACEMENT).isEmpty()) {
      boundAt.put(pod.uid(), HeldSince.of(pod));
    }
  }

  private void endsAsItSays(HeldPod known, PodView pod) {
    if (pod.ended() && pod.endedMillis() > 0) {
      known.endedAt(clock.ofWall(pod.endedMillis()));
    }
  }

  private void over(PodView pod) {
    HeldPod known = pods.get(pod.uid());
    if (known != null) {
      endsAsItSays(known, pod);
    } else if (!counts && pod.boundMillis() > 0 && pod.endedMillis() > pod.boundMillis()) {
      endedBefore(pod);
    }
  }

  /** What it held is worked out from its record, because the ledger never hears of it. */
  private void endedBefore(PodView pod) {
    String record = pod.annotation(Annotations.PLACEMENT);
    NodeState node = scheduling.fleet().node(pod.nodeName());
    boolean kept = scheduling.wallMillis() - pod.endedMillis() < options.keep().toMillis();
    if (record.isEmpty() || node == null || !kept) {
      return;
    }
    try {
      Placement placement =
          PlacementRecord.parse(record).grant(pod.nodeName(), 0, 0).on(node.spec());
      if (placement != null) {
        PodView.Ref ref = pod.ref();
        Holder holder = new Holder(ref.uid(), ref.namespace(), ref.name(), pod.owner(), "", 0);
        HeldPod past =
            new HeldPod(
                holder,
                pod.labels().getOrDefault(AcceptedTeams.QUEUE_LABEL, ""),
                placement,
                Parts.of(placement, node.spec()),
                clock.ofWall(HeldSince.of(pod)));
        past.endedAt(clock.ofWall(pod.endedMillis()));
        ended.put(pod.uid(), past);
      }
    } catch (WireException e) {
      LOG.debug("What {} held is not known: {}", pod.ref(), e.getMessage());
    }
  }

  private void entryChanged(@Nullable Entry before, @Nullable Entry after) {
    if (after == null) {
      if (before != null) {
        released(before.uid());
      }
      return;
    }
    NodeState node = scheduling.fleet().node(after.placement().node());
    if (after.state() == Entry.State.PROPOSED || node == null) {
      return;
    }
    HeldPod known = pods.get(after.uid());
    if (known != null && known.placement().equals(after.placement())) {
      return;
    }
    List<UsagePart> parts = Parts.of(after.placement(), node.spec());
    if (known != null) {
      known.holds(after.placement(), parts);
      changed(known);
    } else if (!parts.isEmpty()) {
      begins(after, parts);
    }
  }

  private void begins(Entry entry, List<UsagePart> parts) {
    String uid = entry.uid();
    HeldPod pod =
        new HeldPod(
            entry.holder(),
            queues.getOrDefault(uid, ""),
            entry.placement(),
            parts,
            entry.state() == Entry.State.BINDING ? clock.now() : since(uid));
    pods.put(uid, pod);
    boundAt.remove(uid);
    if (counts) {
      count(pod);
    }
  }

  /**
   * Since when a pod that was bound before holds what it holds, without what it counted already.
   */
  private long since(String uid) {
    Long bound = boundAt.get(uid);
    long since = bound == null ? clock.now() : clock.ofWall(bound);
    return Math.max(since, released.getOrDefault(uid, Long.MIN_VALUE));
  }

  private UsageHolding count(HeldPod pod) {
    UsageHolding holding =
        book.begin(pod.namespace(), pod.owner(), path(pod), pod.parts(), pod.since());
    pod.countedAs(holding);
    return holding;
  }

  private void changed(HeldPod pod) {
    UsageHolding holding = pod.holding();
    if (holding != null) {
      book.change(holding, path(pod), pod.parts());
    }
  }

  private void released(String uid) {
    HeldPod pod = pods.remove(uid);
    if (pod == null) {
      return;
    }
    long at = Math.min(clock.now(), pod.end());
    released.put(uid, at);
    UsageHolding holding = pod.holding();
    if (holding == null) {
      pod.endedAt(at);
      ended.put(uid, pod);
    } else {
      book.end(holding, at);
      tellOfEnd(pod, at);
    }
  }

  private void tellOfEnd(HeldPod pod, long at) {
    if (listener != null) {
      Holder holder = pod.holder();
      PodView.Ref ref = new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
      String team = path(pod).get(0);
      long end = Math.max(at, pod.since());
      listener.released(new ReleasedPod(ref, pod.owner(), team, pod.parts(), pod.since(), end));
    }
  }

  // ---- for which teams

  private void use(AcceptedTeams changed) {
    teams = changed;
    paths.clear();
    checkpoints.use(changed, counts);
    pods.values().forEach(this::changed);
    book.keepTeams(named());
    countIfKnown();
  }

  /** The team of a pod, and those above it. */
  private List<String> path(HeldPod pod) {
    String team = teams.teamOf(pod.namespace(), pod.queue());
    return paths.computeIfAbsent(team == null ? UsageBook.NO_TEAM : team, this::path);
  }

  private List<String> path(String team) {
    List<String> path = new ArrayList<>();
    String at = team;
    while (at != null) {
      path.add(at);
      TeamSpec form = teams.inForce().get(at);
      at = form == null ? null : form.parent();
    }
    return List.copyOf(path);
  }

  // ---- at intervals

  private void countIfKnown() {
    boolean late = scheduling.elapsedMillis() - begun > TEAMS_WAIT_MILLIS;
    if (counts || !cluster.synced() || !(cluster.teamsKnown() || late)) {
      return;
    }
    if (teams.isEmpty() || late) {
      count();
    } else if (!asksForEnded) {
      asksForEnded = true;
      scheduling.whenDone(cluster::tellEndedPods, (told, failure) -> endedPodsTold(failure));
    }
  }

  private void endedPodsTold(@Nullable Throwable failure) {
    if (failure != null) {
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, failure.toString())
          .log("What pods used that ended while Kerf was down is not known, and is not counted.");
    }
    if (!counts) {
      count();
    }
  }

  private void count() {
    counts = true;
    for (HeldPod pod : ended.values()) {
      book.end(count(pod), pod.end());
    }
    ended.clear();
    pods.values().forEach(this::count);
  }

  /** Goes on; to be called twice a second. */
  public void tick() {
    countIfKnown();
    if (!counts) {
      return;
    }
    followWallClock();
    long now = clock.now() / HOUR_MILLIS;
    if (now != hour) {
      boolean over = hour != 0;
      hour = now;
      book.prune();
      book.keepTeams(named());
      if (over && listener != null) {
        listener.hourOver((now - 1) * HOUR_MILLIS);
      }
    }
    checkpoints.writeSome();
  }

  private Set<String> named() {
    Set<String> names = new HashSet<>(teams.inForce().keySet());
    names.add(UsageBook.NO_TEAM);
    return names;
  }

  private void followWallClock() {
    long step = clock.lasting();
    if (step != 0) {
      LOG.atWarn()
          .addKeyValue(LogKeys.MILLIS, step)
          .log("The wall clock was set; usage counts on, in the hours that it now names.");
      long before = clock.now();
      clock.set(step);
      book.jump(before, before + step);
    }
  }

  /** Writes what was used up to now, at the end of the process; completes when it is written. */
  public CompletionStage<Void> stop() {
    return counts ? checkpoints.writeAll() : CompletableFuture.completedFuture(null);
  }
}
