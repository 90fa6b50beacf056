package gpu.kerf.extender.turn;

import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pods that wait for their turn, and the work that they make: a pod that is in no gang is work
 * by itself, and the pods of a gang are when enough of them are there.
 */
final class Lines {

  /** The work of pods that belong to no team stands last, and counts as borrowed. */
  static final String NO_TEAM = "-";

  /** A pod with this label has had its turn by Kueue. */
  static final String KUEUE = "kueue.x-k8s.io/managed";

  /** Deadlines after the next hundred years end nothing. */
  private static final long LONGEST_SECONDS = 100L * 365 * 24 * 3_600;

  private final Scheduling scheduling;
  private final Gangs gangs;
  private final Ages ages = new Ages();
  private final Map<String, WaitingPod> pods = new LinkedHashMap<>();

  /** Pods that no other team may evict, bound ones too. */
  private final Set<String> fixed = new HashSet<>();

  /** Pods whose turn Kueue decides. */
  private final Set<String> ofKueue = new HashSet<>();

  /** The queues of KAI that pods name, bound ones too. */
  private final Map<String, String> queues = new HashMap<>();

  /** How many seconds pods may run that have a deadline, bound ones too. */
  private final Map<String, Long> deadlines = new HashMap<>();

  private AcceptedTeams teams = AcceptedTeams.NONE;
  private TeamBook book;

  Lines(Scheduling scheduling, Gangs gangs) {
    this.scheduling = scheduling;
    this.gangs = gangs;
    this.book = new TeamBook(scheduling.fleet());
  }

  /** Goes on with other teams and an empty book: all that waits enters its lines again. */
  void use(AcceptedTeams others, TeamBook empty) {
    teams = others;
    book = empty;
    for (WaitingPod pod : List.copyOf(pods.values())) {
      String team = teamOf(pod.holder().namespace(), pod.queue());
      pods.put(pod.uid(), pod.of(team));
    }
    works().forEach(this::enter);
  }

  private Set<String> works() {
    Set<String> works = new LinkedHashSet<>();
    pods.values().forEach(pod -> works.add(pod.workId()));
    return works;
  }

  AcceptedTeams teams() {
    return teams;
  }

  TeamBook book() {
    return book;
  }

  String teamOf(String namespace, String queue) {
    String team = teams.teamOf(namespace, queue);
    return team == null ? NO_TEAM : team;
  }

  /** The queue of KAI that a pod names; empty if it names none. */
  String queueOf(String uid) {
    return queues.getOrDefault(uid, "");
  }

  boolean isFixed(String uid) {
    return fixed.contains(uid);
  }

  /** A pod is there; what the ledger tells of it next needs this. */
  void seen(PodView pod) {
    if (pod.annotation(Annotations.EVICTABLE).equals("false")) {
      fixed.add(pod.uid());
    }
    if (isOfKueue(pod)) {
      ofKueue.add(pod.uid());
    }
    if (pod.deadlineSeconds() > 0) {
      deadlines.put(pod.uid(), pod.deadlineSeconds());
    }
    String queue = pod.labels().getOrDefault(AcceptedTeams.QUEUE_LABEL, "");
    if (!queue.isEmpty()) {
      queues.put(pod.uid(), queue);
    }
  }

  /** How long a pod may run, in milliseconds; {@link Work#NO_DEADLINE} if nothing ends it. */
  long longestMillis(String uid) {
    Long seconds = deadlines.get(uid);
    return seconds == null || seconds > LONGEST_SECONDS ? Work.NO_DEADLINE : seconds * 1_000;
  }

  static boolean isOfKueue(PodView pod) {
    return pod.labels().containsKey(KUEUE);
  }

  /** Whether Kueue decides a pod's turn. */
  boolean isOfKueue(String uid) {
    return ofKueue.contains(uid);
  }

  /**
   * A pod is there, or is another than before; whether what waits is another now.
   *
   * @param known what it asks for
   */
  boolean changed(PodView pod, KnownPod known) {
    boolean waits =
        !pod.isBound()
            && !pod.terminating()
            && !isOfKueue(pod.uid())
            && !known.isNonsense()
            && (!known.demand().containers().isEmpty() || gangs.of(pod.uid()) != null);
    if (!waits) {
      return remove(pod.uid());
    }
    WaitingPod before = pods.get(pod.uid());
    WaitingPod now = waiting(pod, known, before);
    pods.put(pod.uid(), now);
    if (before != null && !before.workId().equals(now.workId())) {
      enter(before.workId());
    }
    boolean another = now.gang() != null || !now.equals(before);
    if (another) {
      enter(now.workId());
    }
    return another;
  }

  private WaitingPod waiting(PodView pod, KnownPod known, @Nullable WaitingPod before) {
    Gang gang = gangs.of(pod.uid());
    String queue = queueOf(pod.uid());
    return new WaitingPod(
        pod.ref(),
        known.holder(),
        known.demand(),
        teamOf(pod.ref().namespace(), queue),
        queue,
        pod.owner(),
        before == null ? since(pod) : before.since(),
        longestMillis(pod.uid()),
        !fixed.contains(pod.uid()),
        pod.waitsAtGate(),
        gang == null ? null : gang.key().id());
  }

  private long since(PodView pod) {
    long created = pod.createdMillis() > 0 ? pod.createdMillis() : scheduling.wallMillis();
    long older = ages.take(pod.ref().namespace(), pod.owner(), created);
    return pod.waitsSinceMillis() > 0 ? Math.min(older, pod.waitsSinceMillis()) : older;
  }

  /** A pod is bound, or is gone; whether it waited. */
  boolean remove(String uid) {
    WaitingPod pod = pods.remove(uid);
    if (pod != null) {
      enter(pod.workId());
    }
    return pod != null;
  }

  void ended(String uid) {
    fixed.remove(uid);
    queues.remove(uid);
    deadlines.remove(uid);
    ofKueue.remove(uid);
    remove(uid);
  }

  /** A pod is evicted: what replaces it stands in the line where this one stood. */
  void evicted(String uid, long since) {
    KnownPod pod = scheduling.pods().get(uid);
    if (pod != null) {
      ages.evicted(pod.holder().namespace(), pod.holder().owner(), since);
    }
  }

  /** Puts work into its line as it is now, or takes it out if nothing of it waits. */
  void enter(String workId) {
    Work work = scheduling.held().has(workId) ? null : work(workId);
    if (work == null) {
      book.gone(workId);
    } else if (!work.equals(book.waiting(workId))) {
      book.waits(work);
    }
  }

  private @Nullable Work work(String workId) {
    WaitingPod alone = pods.get(workId);
    if (alone != null) {
      return takesPart(alone) ? alone.alone() : null;
    }
    Gang gang = gangs.named(workId);
    return gang == null || !gang.isComplete() ? null : work(workId, gang);
  }

  /** Whether a pod still needs a place. */
  private boolean takesPart(WaitingPod pod) {
    return book.running(pod.uid()) == null;
  }

  private @Nullable Work work(String workId, Gang gang) {
    List<Work.Member> members = new ArrayList<>();
    WaitingPod first = null;
    long since = Long.MAX_VALUE;
    boolean evictable = true;
    int withoutGpus = 0;
    for (Gang.Member member : gang.waiting()) {
      WaitingPod pod = pods.get(member.uid());
      if (pod != null && pod.demand().containers().isEmpty()) {
        withoutGpus++;
      } else if (pod != null && takesPart(pod) && book.waiting(member.uid()) == null) {
        first = first == null ? pod : first;
        members.add(pod.member());
        since = Math.min(since, pod.since());
        evictable &= pod.evictable();
      }
    }
    GangSize size = gang.size();
    if (first == null || size == null) {
      return null;
    }
    int minimum = Math.max(1, size.minimum() - gang.bound() - withoutGpus);
    return minimum > members.size()
        ? null
        : new Work(
            workId, first.team(), first.holder().priority(), since, members, minimum, evictable);
  }

  /** The pods of a gang without GPUs: they go when the others do. */
  List<WaitingPod> companions(String workId) {
    Gang gang = gangs.named(workId);
    List<WaitingPod> found = new ArrayList<>();
    for (Gang.Member member : gang == null ? List.<Gang.Member>of() : gang.waiting()) {
      WaitingPod pod = pods.get(member.uid());
      if (pod != null && pod.demand().containers().isEmpty()) {
        found.add(pod);
      }
    }
    return found;
  }

  @Nullable WaitingPod get(String uid) {
    return pods.get(uid);
  }

  /** All of them, in the order in which they came. */
  Collection<WaitingPod> all() {
    return Collections.unmodifiableCollection(pods.values());
  }
}
