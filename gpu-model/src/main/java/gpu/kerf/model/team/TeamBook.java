package gpu.kerf.model.team;

import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The teams in force, what each holds, and what waits in its line.
 *
 * <pre>
 *            waits              starts                  ended (each pod)
 *   (none) --------> waiting -----------> running -------------------------> (none)
 *                     |   ^                  |
 *              keeps  |   | givesUp          | leaves: it counts as held no more
 *                     v   |                  v
 *                  waiting, with a       running until its pods have ended
 *                  place that comes free
 * </pre>
 *
 * <p>Every change costs as much as the tree is deep. One thread owns a book.
 */
public final class TeamBook {

  private final Fleet fleet;
  private final TeamLines lines;
  private final Map<String, RunningWork> running = new LinkedHashMap<>();
  private final Map<String, RunningWork> byPod = new HashMap<>();
  private final Set<RunningWork> withDeadline = new LinkedHashSet<>();
  private List<TeamTerms> terms = List.of();
  private Map<String, BudgetBalance> balances = Map.of();
  private Set<String> exhausted = Set.of();
  private TeamNodes nodes = new TeamNodes(TeamTree.of(List.of()), List.of());
  private long total;
  private boolean sharesKnown;
  private int treeVersion;

  /**
   * @param fleet whose GPU models say what a demand counts as
   */
  public TeamBook(Fleet fleet) {
    this.fleet = fleet;
    this.lines = new TeamLines(fleet);
  }

  /**
   * From now on these teams are in force. What runs and waits stays; work of a team that is gone
   * counts nowhere, and does not get a turn.
   */
  public void use(Collection<TeamTerms> teams) {
    terms = List.copyOf(teams);
    build();
  }

  /**
   * Says how much teams have used of their budgets; teams that are left out have none. To be called
   * again and again, because usage grows.
   *
   * @return whether a budget is used up now that was not before, or the other way round
   */
  public boolean spend(Map<String, BudgetBalance> now) {
    balances = Map.copyOf(now);
    Set<String> before = exhausted;
    exhausted = new HashSet<>();
    balances.forEach(
        (team, balance) -> {
          if (balance.isExhausted()) {
            exhausted.add(team + " " + balance.budget().onExhausted());
          }
        });
    if (exhausted.equals(before)) {
      putBudgets();
      return false;
    }
    build();
    return true;
  }

  /** Whether a budget is used up that says that running work must end, and some of it runs. */
  public boolean mustEvict() {
    return nodes.all().stream()
        .anyMatch(node -> node.budget != null && node.budget.evicts() && node.held > node.fixed);
  }

  private void putBudgets() {
    for (TeamNode node : nodes.all()) {
      BudgetBalance balance = balances.get(node.name());
      node.budget = balance == null ? null : new NodeBudget(balance);
    }
    if (!balances.isEmpty()) {
      withDeadline.forEach(work -> work.deadlines.keySet().forEach(pod -> setAside(work, pod)));
    }
  }

  /** What a pod may still use until its deadline is kept for it, unless it is being evicted. */
  private void setAside(RunningWork work, String pod) {
    long held = work.pods.getOrDefault(pod, GpuHolding.NONE).milli();
    long end = work.deadlines.getOrDefault(pod, 0L);
    TeamNode leaf = nodes.find(work.work.team());
    for (TeamNode node = leaf; node != null && !work.leaving; node = node.parent) {
      NodeBudget budget = node.budget;
      if (budget != null) {
        budget.setAside(held, Math.max(0, end - budget.balance.atMillis()));
      }
    }
  }

  /** Those that have used up their budgets and run on what no other team wants, and by which. */
  private Map<String, String> yielding(TeamTree tree) {
    Map<String, String> yielding = new HashMap<>();
    for (Team team : tree.inOrder()) {
      BudgetBalance own = balances.get(team.name());
      String above = team.parent() == null ? null : yielding.get(team.parent());
      if (above != null) {
        yielding.put(team.name(), above);
      } else if (own != null && new NodeBudget(own).yields()) {
        yielding.put(team.name(), team.name());
      }
    }
    return yielding;
  }

  private TeamNodes nodes(Collection<TeamTerms> of) {
    Map<String, String> yielding = yielding(TeamTree.of(of.stream().map(TeamTerms::team).toList()));
    List<TeamTerms> teams =
        of.stream()
            .map(each -> yielding.containsKey(each.team().name()) ? each.yielding() : each)
            .toList();
    TeamTree tree = TeamTree.of(teams.stream().map(TeamTerms::team).toList());
    return new TeamNodes(tree, teams).markYielding(yielding);
  }

  /**
   * What would have to go if nothing changed but the terms of teams, in the order in which it would
   * go. It changes nothing.
   *
   * @param later the terms of then
   * @param then in milliseconds
   */
  public List<Shrinking> wouldShrink(Collection<TeamTerms> later, long then) {
    TeamNodes of = nodes(later);
    for (RunningWork work : running.values()) {
      TeamNode node = of.find(work.work.team());
      if (node != null && !work.leaving) {
        node.addHeld(work.holding(), work.work.evictable(), 1);
      }
    }
    List<Shrinking> shrinkings = new ArrayList<>();
    new LimitKeeper(
            of,
            running.values(),
            then,
            (work, limit) -> {
              shrinkings.add(new Shrinking(work.asVictim(), limit));
              Objects.requireNonNull(of.find(work.work.team()))
                  .addHeld(work.holding(), work.work.evictable(), -1);
            })
        .shrink();
    return shrinkings;
  }

  /** Whether a pod holds GPUs and is being evicted. */
  public boolean isLeaving(String pod) {
    RunningWork work = byPod.get(pod);
    return work != null && work.leaving;
  }

  private void build() {
    nodes = nodes(terms);
    treeVersion++;
    sharesKnown = false;
    for (RunningWork work : running.values()) {
      TeamNode node = nodes.find(work.work.team());
      if (node != null && !work.leaving) {
        node.addHeld(work.holding(), work.work.evictable(), 1);
      }
      work.unbound.forEach(pod -> addReserved(work, pod, 1));
    }
    lines.use(nodes);
    putBudgets();
  }

  /** Sets how many GPUs there are to divide, in thousandths. */
  public void setTotal(long milli) {
    total = Math.min(milli, Thousandths.MOST);
    sharesKnown = false;
  }

  /** Puts work into its team's line; if it is there already, in its new form. */
  public void waits(Work work) {
    lines.add(work, nodes);
    sharesKnown = false;
  }

  /** Takes work out of its line. False if it does not wait. */
  public boolean gone(String id) {
    sharesKnown = false;
    return lines.remove(id, nodes) != null;
  }

  /**
   * The fleet can never hold this work as the fleet is: it goes on waiting and asks for nothing.
   */
  void never(WaitingWork waiting) {
    lines.setNever(waiting, true, nodes);
    sharesKnown = false;
  }

  /** The nodes of the fleet have changed, so what could never start might start now. */
  public void fleetChanged() {
    lines.refresh(nodes);
    sharesKnown = false;
  }

  /** Work gets these places, and is bound later; members without a place stay in the line. */
  public void starts(Work work, List<Ledger.Claim> places, long now) {
    runs(work, places, now);
    for (Ledger.Claim place : places) {
      String pod = place.holder().uid();
      RunningWork started = Objects.requireNonNull(byPod.get(pod));
      started.unbound.add(pod);
      addReserved(started, pod, 1);
    }
    work.without(places).forEach(this::waits);
  }

  /** Work runs at these places since then, as after a restart. */
  public void runs(Work work, List<Ledger.Claim> places, long now) {
    gone(work.id());
    if (running.containsKey(work.id())) {
      // More pods of a gang of which some run: they are one work, so that all of them count.
      stays(work.id());
      places.forEach(place -> joins(work, place, now));
      return;
    }
    RunningWork started = new RunningWork(work, now);
    running.put(work.id(), started);
    for (Ledger.Claim place : places) {
      started.pods.put(place.holder().uid(), GpuHolding.of(place.placement(), fleet));
      byPod.put(place.holder().uid(), started);
    }
    TeamNode node = nodes.find(work.team());
    if (node != null) {
      node.addHeld(started.holding(), work.evictable(), 1);
    }
    haveDeadlines(started, work, now);
  }

  private void haveDeadlines(RunningWork running, Work work, long started) {
    for (Work.Member member : work.members()) {
      String pod = member.holder().uid();
      if (member.longestMillis() != Work.NO_DEADLINE && running.pods.containsKey(pod)) {
        running.deadlines.put(pod, started + member.longestMillis());
        withDeadline.add(running);
        setAside(running, pod);
      }
    }
  }

  /**
   * A pod runs at a place that no turn gave it, since then, as part of the work of this id: it was
   * bound before a restart, or by another replica.
   */
  public void joins(Work work, Ledger.Claim place, long since) {
    RunningWork known = running.get(work.id());
    if (known == null) {
      runs(work, List.of(place), since);
      return;
    }
    GpuHolding holding = GpuHolding.of(place.placement(), fleet);
    known.pods.put(place.holder().uid(), holding);
    byPod.put(place.holder().uid(), known);
    TeamNode node = nodes.find(known.work.team());
    if (node != null && !known.leaving) {
      node.addHeld(holding, known.work.evictable(), 1);
    }
    haveDeadlines(known, work, since);
    sharesKnown = false;
  }

  /** A pod that has a place is bound. */
  public void bound(String pod) {
    RunningWork work = byPod.get(pod);
    if (work != null && work.unbound.remove(pod)) {
      addReserved(work, pod, -1);
    }
  }

  private void addReserved(RunningWork work, String pod, int sign) {
    TeamNode node = nodes.find(work.work.team());
    GpuHolding held = work.pods.get(pod);
    if (node != null && held != null) {
      node.addReserved(sign * held.milli());
    }
  }

  /** A pod has ended, or has lost its place. False if it holds no GPUs here. */
  public boolean ended(String pod) {
    bound(pod);
    RunningWork work = byPod.remove(pod);
    GpuHolding held = work == null ? null : work.pods.remove(pod);
    if (work == null || held == null) {
      return false;
    }
    TeamNode node = nodes.find(work.work.team());
    if (node != null && !work.leaving) {
      node.addHeld(held, work.work.evictable(), -1);
    }
    work.deadlines.remove(pod);
    if (work.pods.isEmpty()) {
      running.remove(work.work.id(), work);
      withDeadline.remove(work);
    }
    sharesKnown = false;
    return true;
  }

  /** Running work is being evicted: it counts as held no more, and its pods end later. */
  public void leaves(String id) {
    setLeaving(id, true);
  }

  /** Running work was to be evicted and was not. */
  public void stays(String id) {
    setLeaving(id, false);
  }

  private void setLeaving(String id, boolean leaving) {
    RunningWork work = running.get(id);
    TeamNode node = work == null ? null : nodes.find(work.work.team());
    if (work != null && work.leaving != leaving) {
      work.leaving = leaving;
      sharesKnown = false;
      if (node != null) {
        node.addHeld(work.holding(), work.work.evictable(), leaving ? -1 : 1);
      }
    }
  }

  /** A place is kept for waiting work while evicted pods end; it counts as held from now on. */
  public void keeps(String id, List<Ledger.Claim> places) {
    lines.keep(id, places, nodes);
    sharesKnown = false;
  }

  /** The place is kept no more, and the work waits as all other work does. */
  public void givesUp(String id) {
    lines.keep(id, List.of(), nodes);
    sharesKnown = false;
  }

  /** The share of each team now. */
  public Map<String, GpuAmount> shares() {
    Map<String, GpuAmount> asks = new HashMap<>();
    for (TeamNode leaf : nodes.leaves()) {
      asks.put(leaf.name(), new GpuAmount(Math.min(Thousandths.MOST, asks(leaf))));
    }
    Map<String, GpuAmount> shares = Division.of(nodes.tree(), new GpuAmount(total), asks);
    shares.forEach((team, share) -> Objects.requireNonNull(nodes.find(team)).share = share.milli());
    nodes.root().share = total;
    sharesKnown = true;
    return shares;
  }

  /** What a team can use: one without a budget left starts nothing, or only what is left over. */
  private static long asks(TeamNode leaf) {
    if (leaf.yields()) {
      return 0;
    }
    return leaf.held + (leaf.isStopped() ? 0 : leaf.waiting);
  }

  /** Works the shares out again if something has changed what teams ask for. */
  void refreshShares() {
    if (!sharesKnown) {
      shares();
    }
  }

  /** What there is to tell of a team; null if no such team is in force. */
  public @Nullable TeamNumbers numbers(String team) {
    refreshShares();
    TeamNode node = nodes.find(team);
    return node == null
        ? null
        : new TeamNumbers(
            team,
            amount(node.guarantee()),
            amount(node.held),
            amount(Math.max(0, node.held - node.guarantee())),
            amount(node.reserved),
            amount(node.waiting),
            node.waitingWorks,
            amount(node.share));
  }

  private static GpuAmount amount(long milli) {
    return new GpuAmount(Math.max(0, Math.min(Thousandths.MOST, milli)));
  }

  /** The limit that work would break if it started now; null if it would break none. */
  public @Nullable WaitReason limit(Work work) {
    TeamNode leaf = nodes.find(work.team());
    if (leaf == null) {
      return null;
    }
    GpuHolding least = WaitingWork.Shape.of(work, fleet.models()).atMinimum();
    return TurnLimits.broken(leaf, work, least, null);
  }

  /** How many thousandths of GPUs no team holds. */
  public long free() {
    return Math.max(0, total - nodes.root().held);
  }

  /**
   * How many thousandths a team may hold beside what it holds; none if no such team is in force.
   */
  public long room(String team) {
    TeamNode node = nodes.find(team);
    return node == null || node.isStopped() ? 0 : Math.max(0, node.limit() - node.held);
  }

  /** How much work waits in all lines. */
  public int waitingWorks() {
    return nodes.root().waitingWorks;
  }

  /** What a team gets back whenever it asks; nothing if no such team is in force. */
  public GpuAmount guarantee(String team) {
    TeamNode node = nodes.find(team);
    return node == null ? GpuAmount.NONE : new GpuAmount(node.guarantee());
  }

  /** How much work of its team stands before it; -1 if it does not wait. */
  public int before(String id) {
    WaitingWork waiting = lines.find(id);
    TeamNode node = waiting == null ? null : nodes.find(waiting.work.team());
    return waiting == null || node == null ? -1 : node.line.headSet(waiting).size();
  }

  /** The waiting work of a team, in the order of its line. */
  public List<Work> line(String team) {
    return line(team, Integer.MAX_VALUE);
  }

  /** The first of the waiting work of a team, in the order of its line. */
  public List<Work> line(String team, int most) {
    TeamNode node = nodes.find(team);
    return node == null
        ? List.of()
        : node.line.stream().limit(most).map(each -> each.work).toList();
  }

  /** Since when the work of a team waits that has waited longest; 0 if none stands in its line. */
  public long oldest(String team) {
    TeamNode node = nodes.find(team);
    return node == null
        ? 0
        : node.line.stream().mapToLong(each -> each.work.since()).min().orElse(0);
  }

  /** How many thousandths of GPUs there are to divide. */
  public long total() {
    return total;
  }

  public @Nullable Work waiting(String id) {
    WaitingWork waiting = lines.find(id);
    return waiting == null ? null : waiting.work;
  }

  /** The running work of a pod; null if it holds no GPUs here. */
  public @Nullable Work running(String pod) {
    RunningWork work = byPod.get(pod);
    return work == null ? null : work.work;
  }

  /** Whether the pod's own team lets work of this priority evict it. */
  public boolean mayPreempt(String team, int priority, String pod) {
    RunningWork work = byPod.get(pod);
    return work != null && work.work.team().equals(team) && work.work.priority() < priority;
  }

  @Nullable RunningWork runningOf(String pod) {
    return byPod.get(pod);
  }

  Collection<RunningWork> runningWork() {
    return running.values();
  }

  TeamNodes nodes() {
    return nodes;
  }

  TeamLines lines() {
    return lines;
  }

  Fleet fleet() {
    return fleet;
  }

  int treeVersion() {
    return treeVersion;
  }
}
