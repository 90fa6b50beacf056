package gpu.kerf.extender.turn;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.state.HeldPlaces;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.team.DrainedPlaces;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.WaitReason;
import gpu.kerf.model.team.Work;
import gpu.kerf.model.usage.TeamUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is, where the cluster has teams.
 *
 * <pre>
 *   a pod comes        it enters the line of its team
 *   something changes  a round: whose turn it is gets a place that is held, and its gate comes off
 *   filter             names the held node; a pod without one is refused, with a gate or without
 *   the time is over   the place is given back, and the pod stands in its line again
 * </pre>
 *
 * <p>Without teams every pod may start at once, as far as this is concerned, and gates come off all
 * pods. It learns from the watches alone: a question about a pod may be hypothetical.
 *
 * <p>Used on the thread that owns the scheduling.
 */
public final class Turns implements TeamsSource {

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Gangs gangs;
  private final Lines lines;
  private final Holdings holdings;
  private final GateOpener gates;
  private final TurnLoop loop;
  private final TermsClock terms = new TermsClock();
  private final BudgetClock budgets = new BudgetClock();
  private final BudgetNews budgetNews = new BudgetNews();
  private final WindowNews windows = new WindowNews();
  private final TurnForecast forecast = new TurnForecast();
  private final WaitingTexts texts;
  private final FiguresTeller figures;
  private final EvictionNotices notices;
  private final Painter painter;
  private final TurnCounts counts = new TurnCounts();

  /** Pods with a gate of Kerf's, so that it can be taken off if teams are turned off. */
  private final Map<String, PodView.Ref> gated = new LinkedHashMap<>();

  private TurnOptions options = TurnOptions.defaults();
  private AcceptedTeams teams = AcceptedTeams.NONE;
  private boolean on;

  /**
   * @param gangs is told of pods before this is
   */
  public Turns(
      Scheduling scheduling,
      Cluster cluster,
      Disruptions disruptions,
      Gangs gangs,
      GangStarts starts) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.gangs = gangs;
    this.lines = new Lines(scheduling, gangs);
    this.holdings = new Holdings(scheduling, gangs, lines, counts);
    this.gates = new GateOpener(scheduling, cluster, counts);
    DrainedPlaces drained = new DrainedPlaces();
    OfferedPlaces places = new OfferedPlaces(scheduling, gangs, starts, drained);
    this.loop =
        new TurnLoop(
            scheduling,
            cluster,
            disruptions,
            lines,
            gates,
            forecast,
            counts,
            places,
            drained,
            budgets);
    starts.use(gang -> !on);
    this.texts = new WaitingTexts(scheduling, cluster, lines, loop);
    this.painter = new Painter(lines, terms, budgets, texts, loop.underWay());
    this.figures = new FiguresTeller(scheduling, cluster, lines, terms, budgets);
    this.notices = new EvictionNotices(scheduling, cluster, lines, terms);
    terms.lookAhead(options.announceMillis());
    notices.use(options.announceMillis());
    scheduling.ledger().observe(this::entryChanged);
    scheduling.held().listen(new PlaceNews());
  }

  /** Of a cluster without teams and gangs. */
  public static Turns none(Scheduling scheduling, Cluster cluster) {
    Gangs gangs = new Gangs();
    GangStarts starts = new GangStarts(scheduling, cluster, gangs, () -> true);
    return new Turns(scheduling, cluster, Disruptions.NONE, gangs, starts);
  }

  // ---- what there is

  /** Changes how turns are given. */
  public void use(TurnOptions changed) {
    options = changed;
    terms.lookAhead(changed.announceMillis());
    notices.use(changed.announceMillis());
    gates.use(changed.gatesPerSecond());
    loop.use(changed);
    turnOnOrOff();
  }

  /** From now on this says what teams have used of their budgets. */
  public void use(TeamUsage usage) {
    budgets.use(usage);
    lookAtBudgets();
  }

  private void lookAtBudgets() {
    if (!on) {
      return;
    }
    Map<String, BudgetBalance> balances = budgets.look(scheduling.wallMillis());
    budgetNews.look(balances);
    if (lines.book().spend(balances)) {
      loop.wake();
    }
  }

  /** Whether this replica tells of what all of them see: always where there are no teams. */
  public boolean leads() {
    return !on || cluster.leadsTurns();
  }

  /** Whether Kerf acts on teams. */
  public boolean isOn() {
    return on;
  }

  /** The teams in force, their acceptance or their namespaces are others than before. */
  public void teamsChanged(AcceptedTeams changed) {
    teams = changed;
    on = false;
    turnOnOrOff();
  }

  /** The teams in force, whether Kerf acts on them or not. */
  public AcceptedTeams teams() {
    return teams;
  }

  /** The team of a pod that is known; empty if it belongs to none. */
  public String teamOfPod(PodView.Ref pod) {
    String team = teams.teamOf(pod.namespace(), lines.queueOf(pod.uid()));
    return team == null ? "" : team;
  }

  /** From now on tells every reclaim that has ended. */
  public void onReclaim(Consumer<TeamsPicture.OneReclaim> listener) {
    loop.underWay().onEnd(listener);
  }

  /** From now on tells when a window opens or closes, on the replica that gives turns. */
  public void onWindow(WindowListener listener) {
    windows.onChange(
        (team, window, before) -> {
          if (cluster.leadsTurns()) {
            listener.changed(team, window, before);
          }
        });
  }

  /** From now on tells what becomes of budgets, on the replica that gives turns. */
  public void onBudget(BudgetListener listener) {
    budgetNews.onChange(
        (team, now) -> {
          if (cluster.leadsTurns()) {
            listener.changed(team, now);
          }
        });
  }

  /** From now on pods are also told of these evictions, by their uids. */
  public void announce(Supplier<Map<String, EvictionNotice>> notices) {
    this.notices.add(notices);
  }

  /** Whether a pod says that it is not to be evicted. */
  public boolean isFixed(String uid) {
    return lines.isFixed(uid);
  }

  private void turnOnOrOff() {
    boolean wanted = options.enabled() && !teams.isEmpty();
    if (wanted != on) {
      on = wanted;
      begin();
    }
  }

  /** Begins with an empty book, and enters what there is. */
  private void begin() {
    if (on) {
      // They were given by what teams were before, and the new book does not count them.
      scheduling.held().releaseAll();
    }
    TeamBook book = new TeamBook(scheduling.fleet());
    terms.use(teams, scheduling.wallMillis());
    budgets.use(teams);
    windows.begin(teams, terms::window);
    book.use(terms.inForce());
    book.spend(budgets.look(scheduling.wallMillis()));
    lines.use(teams, book);
    holdings.enterAll();
    loop.begin();
    if (on) {
      loop.wake();
    } else {
      forecast.nothingWaits();
    }
  }

  /** Says of new pods whether they have to wait; any thread may ask it. */
  public TurnForecast forecast() {
    return forecast;
  }

  /** A pod is known anew, and the ledger has not heard of it yet. */
  public void podSeen(PodView pod) {
    lines.seen(pod);
    notices.seen(pod);
  }

  /** A pod is known anew, and so are what it asks for and its gang. */
  public void podChanged(PodView pod) {
    KnownPod known = scheduling.pods().get(pod.uid());
    if (known == null) {
      podEnded(pod.uid());
      return;
    }
    if (pod.waitsAtGate() && !pod.isBound()) {
      gated.put(pod.uid(), pod.ref());
    } else if (gated.remove(pod.uid()) != null) {
      gates.forget(pod.uid());
    }
    if (lines.changed(pod, known)) {
      loop.wake();
    }
  }

  /** What is known of a gang has changed. */
  public void gangChanged(Gang gang) {
    lines.enter(gang.key().id());
    loop.wake();
  }

  public void podEnded(String uid) {
    gated.remove(uid);
    gates.forget(uid);
    lines.ended(uid);
    loop.forget(uid);
    texts.forget(uid);
    notices.forget(uid);
    loop.wake();
  }

  /** Nodes have come, gone or changed. */
  public void nodesChanged() {
    loop.fleetChanged();
    loop.wake();
  }

  private void entryChanged(@Nullable Entry before, @Nullable Entry after) {
    if (!on) {
      return;
    }
    boolean less = holdings.changed(before, after);
    boolean free = after == null && before != null && lines.get(before.uid()) != null;
    // A round tries places and gives them back: that is no news.
    if (less || (free && !loop.isInRound())) {
      if (before != null) {
        loop.again(before.uid());
      }
      loop.wake();
    }
  }

  /** What becomes of places that are held. */
  private final class PlaceNews implements HeldPlaces.Listener {
    @Override
    public void landed(String workId) {
      loop.landed(workId);
      lines.enter(workId);
    }

    @Override
    public void timedOut(String workId) {
      waitsAgain(workId);
    }

    @Override
    public void lost(String workId) {
      waitsAgain(workId);
    }

    @Override
    public void excluded(String workId, String uid, Set<String> offered) {
      loop.excluded(uid, offered);
      if (workId.equals(uid)) {
        scheduling.held().release(workId);
        waitsAgain(workId);
        loop.hurry();
      }
    }

    private void waitsAgain(String workId) {
      loop.landed(workId);
      lines.enter(workId);
      loop.wake();
    }
  }

  // ---- what verbs ask

  /** Where a pod stands that filter is asked about. */
  public enum Standing {
    /** It may go to any place that is free and not drained for others. */
    FREE,
    /** A place is held for it. */
    HELD,
    /** It is not its turn. */
    WAITS
  }

  /** Where a pod stands. It goes on with a round, so that a pod whose turn it is need not wait. */
  public Standing ask(KnownPod pod) {
    if (scheduling.held().of(pod.uid()) != null) {
      return Standing.HELD;
    }
    if (!decides(pod)) {
      return Standing.FREE;
    }
    cluster.askedAboutTurn();
    if (!cluster.leadsTurns()) {
      return isWithinLimits(pod) ? Standing.FREE : Standing.WAITS;
    }
    loop.hurry();
    if (scheduling.held().of(pod.uid()) != null) {
      return Standing.HELD;
    }
    boolean unknown = lines.get(pod.uid()) == null && gangs.of(pod.uid()) == null;
    if (unknown && loop.isQuiet() && isWithinLimits(pod)) {
      return Standing.FREE;
    }
    loop.refused(pod.uid());
    return Standing.WAITS;
  }

  /** Whether a pod's turn, and who is evicted for it, is decided here. */
  public boolean decides(KnownPod pod) {
    return on && !pod.demand().containers().isEmpty() && !lines.isOfKueue(pod.uid());
  }

  /** Filter has refused a pod: kube-scheduler must hear of its turn. */
  public void refused(String uid) {
    loop.refused(uid);
  }

  /** Keeps drained places from a search for a pod; to be undone. */
  public Ledger.Undo keepDrained() {
    return loop.drained().block(scheduling.fleet());
  }

  /** Whether a pod may be bound: limits hold however it came that far. */
  public boolean mayBind(KnownPod pod) {
    return !decides(pod) || scheduling.held().of(pod.uid()) != null || isWithinLimits(pod);
  }

  private boolean isWithinLimits(KnownPod pod) {
    return inTheWay(pod) == null;
  }

  private @Nullable WaitReason inTheWay(KnownPod pod) {
    Holder holder = pod.holder();
    String team = lines.teamOf(holder.namespace(), lines.queueOf(holder.uid()));
    Work work = Work.of(holder, team, pod.since(), pod.demand(), lines.longestMillis(holder.uid()));
    return lines.book().limit(work);
  }

  /** Why it is not the turn of a pod, in a reason that has no numbers. */
  public Reason whyNot(KnownPod pod) {
    return inTheWay(pod) instanceof WaitReason.Budget
        ? Reason.BUDGET_EXHAUSTED
        : Reason.NOT_YOUR_TURN;
  }

  /** The team of a pod; empty for none. */
  public String teamOf(Holder holder) {
    String team = lines.teamOf(holder.namespace(), lines.queueOf(holder.uid()));
    return team.equals(Lines.NO_TEAM) ? "" : team;
  }

  @Override
  public TeamsPicture picture() {
    return on ? painter.picture() : TeamsPicture.NONE;
  }

  @Override
  public List<TeamsPicture.OneWaiting> line(String team, int most) {
    return on ? painter.line(team, most) : List.of();
  }

  @Override
  public String place(String uid) {
    return on ? painter.place(uid) : "";
  }

  @Override
  public TurnCounts counts() {
    return counts;
  }

  // ---- at intervals

  /** Goes on; to be called many times a second. */
  public void tick() {
    gates.tick();
    if (on) {
      if (terms.haveChanged(scheduling.wallMillis())) {
        windows.look(terms::window);
        lines.book().use(terms.inForce());
        loop.wake();
      }
      if (budgets.isDue(scheduling.elapsedMillis())) {
        lookAtBudgets();
      }
      loop.tick();
      texts.tick();
      notices.tick();
      figures.tick();
    } else if (!gated.isEmpty() && cluster.teamsKnown()) {
      gated.values().forEach(gates::open);
    }
  }
}
