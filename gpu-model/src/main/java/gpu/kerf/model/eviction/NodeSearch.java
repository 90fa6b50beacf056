package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The search for the least harmful plan on one node, a step at a time.
 *
 * <p>{@link #survey} comes first: whether the request fits already, whether it would fit if every
 * candidate were evicted, and if so up to which priority pods must be evicted at least. Only those
 * up to it are searched, unless budgets cover some: with a budget in play, a pod of higher priority
 * may be the lesser harm. Then {@link #begin} says how hard to search, and {@link #step} searches.
 */
final class NodeSearch {

  /** How hard a node is searched. */
  enum Effort {
    /** Until there is a plan without a superfluous victim. */
    FIRST_PLANS,
    /** Until no better plan exists, or as long as is reasonable. */
    FULL
  }

  private final NodeCandidates cluster;
  private final Room room;
  private final NodeState node;
  private final HarmCount count;
  private final SubsetSearch search;
  private final List<Candidate> leaving = new ArrayList<>();
  private final List<Victim> all = new ArrayList<>();
  private final boolean tallied;
  private List<Victim> victims = List.of();
  private int lowestTop = Integer.MIN_VALUE;
  private @Nullable PlanOutcome decided;
  private @Nullable Scopes scopes;
  private boolean over;

  NodeSearch(Placer placer, Request request, NodeCandidates cluster) {
    this.cluster = cluster;
    this.tallied = request.victims() != null;
    this.room = new Room(placer, request);
    this.node = cluster.node().copy();
    List<Candidate> evictable = new ArrayList<>();
    for (Candidate candidate : cluster.candidates()) {
      if (request.isAwaited(candidate)) {
        leaving.add(candidate);
      } else if (request.mayEvict(candidate)) {
        evictable.add(candidate);
      }
    }
    this.count = new HarmCount(request, evictable.isEmpty() ? List.of() : cluster.candidates());
    this.search = new SubsetSearch(room, count, node);
    evictable.forEach(candidate -> all.add(count.victim(candidate)));
  }

  /**
   * Finds out what takes no search.
   *
   * @return what eviction can do, if that is clear already; null if victims have to be searched for
   */
  @Nullable PlanOutcome survey() {
    leaving.forEach(candidate -> node.release(candidate.placement()));
    if (room.isOn(node)) {
      decided = plan(List.of(), Harm.NONE, PlanOutcome.Search.PROVEN);
      return decided;
    }
    all.forEach(this::release);
    boolean helps = room.isOn(node);
    Verdict without = helps ? Verdict.FITS : room.verdict(node);
    if (helps) {
      lowestTop = lowestTop();
    }
    all.forEach(this::force);
    decided = helps ? null : noHelp(without);
    victims = helps ? upTo(lowestTop) : List.of();
    return decided;
  }

  private PlanOutcome noHelp(Verdict without) {
    PlanOutcome.Obstacle obstacle =
        without.kind() == Verdict.Kind.NEVER
            ? PlanOutcome.Obstacle.NODE
            : PlanOutcome.Obstacle.HELD;
    return new PlanOutcome.NoHelp(cluster.node().name(), without, obstacle);
  }

  /** The least priority up to which all have to go, while all who may go are released. */
  private int lowestTop() {
    int[] priorities =
        all.stream()
            .mapToInt(victim -> victim.candidate().priority())
            .sorted()
            .distinct()
            .toArray();
    int low = 0;
    int high = priorities.length - 1;
    while (low < high) {
      int middle = (low + high) / 2;
      int top = priorities[middle];
      List<Victim> higher =
          all.stream().filter(victim -> victim.candidate().priority() > top).toList();
      higher.forEach(this::force);
      boolean fits = room.isOn(node);
      higher.forEach(this::release);
      high = fits ? middle : high;
      low = fits ? low : middle + 1;
    }
    return priorities[high];
  }

  private List<Victim> upTo(int top) {
    boolean budgeted = all.stream().anyMatch(victim -> victim.budgets().length > 0);
    return budgeted || tallied
        ? all
        : all.stream().filter(victim -> victim.candidate().priority() <= top).toList();
  }

  /** No plan on the node is less harmful than this. */
  Harm bound() {
    return new Harm(0, lowestTop, 1, (long) lowestTop - Integer.MIN_VALUE, 0, 1);
  }

  /**
   * Begins to search for plans that are less harmful than another one.
   *
   * @param ceiling the other one; null if there is none
   * @param equal whether a plan that is as harmful counts too
   */
  void begin(Effort effort, @Nullable Harm ceiling, boolean equal) {
    search.below(ceiling, equal);
    scopes =
        room.isOneSlot(node)
            ? new Scopes.OfEachGpu(victims, node.gpus(), effort)
            : new Scopes.OfTheNode(victims, node.gpus(), gpuByGpu(), effort);
  }

  /** Goes on until the request has been tried once more; false if there is nothing left to do. */
  boolean step() {
    if (!search.isOver()) {
      search.step();
    } else if (scopes == null || !scopes.next(search)) {
      over = true;
    }
    return !over;
  }

  /** What eviction can do, as far as it has been found out. */
  PlanOutcome outcome() {
    if (decided != null) {
      return decided;
    }
    Harm least = search.least();
    if (least == null) {
      return new PlanOutcome.NoHelp(
          cluster.node().name(), room.verdict(node), PlanOutcome.Obstacle.BUDGETS);
    }
    boolean proven = scopes != null && scopes.isProven();
    return plan(
        search.best().stream().map(Victim::candidate).toList(),
        least,
        proven ? PlanOutcome.Search.PROVEN : PlanOutcome.Search.BROKEN_OFF);
  }

  /** Whether a plan was found, or it is clear that there is none. */
  boolean isDecided() {
    return decided != null || search.least() != null;
  }

  /** A plan that was made earlier, if it stands on the node as it is now; null if it does not. */
  PlanOutcome.@Nullable Plan confirmed(PlanOutcome.Plan earlier) {
    leaving.forEach(candidate -> node.release(candidate.placement()));
    Set<String> uids = new HashSet<>(earlier.victimUids());
    List<Victim> again =
        all.stream().filter(victim -> uids.contains(victim.candidate().uid())).toList();
    Harm harm = harmOf(again);
    boolean allowed = !isForbidden(again) && harm.violations() <= earlier.harm().violations();
    if (again.size() < uids.size() || !allowed || !isEnough(again) || isTooMuch(again)) {
      return null;
    }
    return plan(again.stream().map(Victim::candidate).toList(), harm, earlier.search());
  }

  private boolean isForbidden(List<Victim> victims) {
    victims.forEach(count::add);
    boolean forbidden = count.isForbidden();
    takeBack(victims);
    return forbidden;
  }

  private boolean isEnough(List<Victim> victims) {
    victims.forEach(this::release);
    boolean enough = room.isOn(node);
    victims.forEach(this::force);
    return enough;
  }

  /** Whether the request would fit if one of them stayed. */
  private boolean isTooMuch(List<Victim> victims) {
    victims.forEach(this::release);
    boolean tooMuch = false;
    for (Victim victim : victims) {
      force(victim);
      tooMuch |= room.isOn(node);
      release(victim);
    }
    victims.forEach(this::force);
    return tooMuch;
  }

  /**
   * The GPU that is most harmful to clear comes first; a pod on several GPUs is counted with the
   * first of them.
   */
  private List<List<Victim>> gpuByGpu() {
    Map<Integer, List<Victim>> blocks = new TreeMap<>();
    for (Victim victim : victims) {
      blocks.computeIfAbsent(victim.firstGpu(), gpu -> new ArrayList<>()).add(victim);
    }
    return blocks.values().stream()
        .sorted(Comparator.<List<Victim>, Harm>comparing(this::harmOf).reversed())
        .toList();
  }

  private Harm harmOf(List<Victim> block) {
    block.forEach(count::add);
    Harm harm = count.harm();
    takeBack(block);
    return harm;
  }

  private void takeBack(List<Victim> counted) {
    for (int i = counted.size() - 1; i >= 0; i--) {
      count.remove(counted.get(i));
    }
  }

  private void force(Victim victim) {
    node.force(victim.candidate().placement());
  }

  private void release(Victim victim) {
    node.release(victim.candidate().placement());
  }

  private PlanOutcome.Plan plan(List<Candidate> evicted, Harm harm, PlanOutcome.Search reach) {
    evicted.forEach(candidate -> node.release(candidate.placement()));
    List<Candidate> awaited = new ArrayList<>();
    for (Candidate candidate : leaving) {
      node.force(candidate.placement());
      if (!room.isOn(node)) {
        node.release(candidate.placement());
        awaited.add(candidate);
      }
    }
    List<Candidate> ordered = evicted.stream().sorted(Victim.HIGHEST_PRIORITY_FIRST).toList();
    return new PlanOutcome.Plan(
        cluster.node().name(), ordered, awaited, room.placements(node), harm, reach);
  }
}
