package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The search for the least harmful plan over many nodes, which can pause after any step and goes on
 * where it stopped. Where it pauses makes no difference to what it finds.
 *
 * <pre>
 *   survey    every node: would it help there to evict every candidate, and up to which
 *             priority pods have to go at least? That bounds the harm of every plan on the node.
 *   plans     the nodes of the lowest bound first: a plan without a superfluous victim. A node
 *             whose bound is no better than the best plan is passed over.
 *   improve   the nodes of the least harmful plans first: a better plan, as long as the effort lasts
 * </pre>
 *
 * <p>Every node comes to its survey and, unless it is passed over, to a plan, however many there
 * are; only the improvement ends after {@value #MOST_TRIES} tries.
 *
 * <p>Each node is looked at as it is when the search comes to it, so the fleet may change while the
 * search pauses. Then {@link #confirmed} says whether the best plan still stands.
 */
public final class FleetSearch {

  static final int MOST_TRIES = 50_000;
  private static final int MOST_TRIES_AGAIN = 20_000;

  /** How often a node is searched again whose plan does not stand any more. */
  private static final int MOST_REPEATS = 8;

  private final Placer placer;
  private final List<String> nodes;
  private final Function<String, @Nullable NodeCandidates> sites;
  private final boolean bestAlone;
  private final @Nullable PlanOutcome[] outcomes;
  private final @Nullable Harm[] bounds;
  private final List<Integer> open = new ArrayList<>();
  private Request request;
  private Stage stage = Stage.SURVEY;
  private int at;
  private @Nullable NodeSearch current;
  private int best = -1;
  private int triesLeft = MOST_TRIES;
  private int repeats;

  private enum Stage {
    SURVEY,
    PLANS,
    IMPROVE,
    OVER
  }

  /**
   * @param sites a node as it is now; null if it is not known
   * @param bestAlone whether plans that are worse than the best one need not be found
   */
  FleetSearch(
      Placer placer,
      Request request,
      List<String> nodes,
      Function<String, @Nullable NodeCandidates> sites,
      boolean bestAlone) {
    this.bestAlone = bestAlone;
    this.placer = placer;
    this.request = request;
    this.nodes = List.copyOf(nodes);
    this.sites = sites;
    this.outcomes = new PlanOutcome[nodes.size()];
    this.bounds = new Harm[nodes.size()];
    this.stage = nodes.isEmpty() ? Stage.OVER : Stage.SURVEY;
  }

  /**
   * Searches on.
   *
   * @param mayGoOn is asked after every step, which takes microseconds
   * @return whether the search is over
   */
  public boolean goOn(BooleanSupplier mayGoOn) {
    while (stage != Stage.OVER) {
      step();
      if (!mayGoOn.getAsBoolean()) {
        break;
      }
    }
    return stage == Stage.OVER;
  }

  public boolean isOver() {
    return stage == Stage.OVER;
  }

  private void step() {
    switch (stage) {
      case SURVEY -> survey();
      case PLANS -> search(NodeSearch.Effort.FIRST_PLANS);
      case IMPROVE -> search(NodeSearch.Effort.FULL);
      case OVER -> {}
    }
  }

  private void survey() {
    String name = nodes.get(at);
    NodeCandidates cluster = sites.apply(name);
    if (cluster == null) {
      outcomes[at] = unknown(name);
    } else {
      NodeSearch search = new NodeSearch(placer, request, cluster);
      outcomes[at] = search.survey();
      keepBest(at);
      if (outcomes[at] == null) {
        bounds[at] = search.bound();
        open.add(at);
      }
    }
    at++;
    PlanOutcome.Plan least = best();
    if (bestAlone && least != null && least.victims().isEmpty()) {
      open.clear();
      to(Stage.PLANS);
    } else if (at == nodes.size()) {
      openByBound();
    }
  }

  private void openByBound() {
    open.sort(Comparator.comparing(i -> Objects.requireNonNull(bounds[i])));
    to(Stage.PLANS);
  }

  private static PlanOutcome unknown(String node) {
    return new PlanOutcome.NoHelp(node, Verdict.of(Reason.NO_GPUS), PlanOutcome.Obstacle.NODE);
  }

  /** Takes the open nodes from the first on; ends where none is left. */
  private void to(Stage next) {
    stage = open.isEmpty() ? Stage.OVER : next;
    at = 0;
    current = null;
  }

  private void search(NodeSearch.Effort effort) {
    if (current == null) {
      current = begin(open.get(at), effort);
    } else {
      triesLeft -= effort == NodeSearch.Effort.FULL ? 1 : 0;
      if (!current.step() || triesLeft == 0) {
        finish(open.get(at), current);
        current = null;
      }
    }
    if ((current == null && ++at == open.size()) || triesLeft == 0) {
      finish(effort);
    }
  }

  /** Null if there is nothing to search. */
  private @Nullable NodeSearch begin(int node, NodeSearch.Effort effort) {
    PlanOutcome.Plan least = best();
    Harm bound = Objects.requireNonNull(bounds[node]);
    if (bestAlone && least != null && isNoBetter(bound, node, least.harm())) {
      return null;
    }
    NodeCandidates cluster = sites.apply(nodes.get(node));
    if (cluster == null) {
      replace(node, unknown(nodes.get(node)));
      return null;
    }
    NodeSearch search = new NodeSearch(placer, request, cluster);
    PlanOutcome clear = search.survey();
    if (clear != null) {
      replace(node, clear);
      return null;
    }
    Harm ceiling = bestAlone && least != null ? least.harm() : null;
    search.begin(effort, ceiling, node <= best);
    return search;
  }

  /** Of equally harmful plans the one on the node that is named first counts. */
  private boolean isNoBetter(Harm harm, int node, Harm least) {
    int order = harm.compareTo(least);
    return order > 0 || (order == 0 && node > best);
  }

  private void finish(int node, NodeSearch search) {
    if (search.isDecided()) {
      replace(node, search.outcome());
    } else if (outcomes[node] == null && best < 0) {
      outcomes[node] = search.outcome();
    }
  }

  private void replace(int node, @Nullable PlanOutcome outcome) {
    outcomes[node] = outcome;
    if (node == best) {
      best = -1;
      for (int i = 0; i < nodes.size(); i++) {
        keepBest(i);
      }
    } else {
      keepBest(node);
    }
  }

  private void keepBest(int node) {
    PlanOutcome.Plan least = best();
    if (outcomes[node] instanceof PlanOutcome.Plan plan
        && (least == null || !isNoBetter(plan.harm(), node, least.harm()))) {
      best = node;
    }
  }

  /** The least harmful plan so far, as it was when it was found; null if there is none yet. */
  public PlanOutcome.@Nullable Plan best() {
    return best < 0 ? null : (PlanOutcome.Plan) outcomes[best];
  }

  private void finish(NodeSearch.Effort effort) {
    if (effort == NodeSearch.Effort.FULL) {
      stage = Stage.OVER;
      current = null;
      return;
    }
    open.removeIf(node -> isProven(outcomes[node]));
    open.sort(
        Comparator.comparing(this::harmSoFar, Comparator.nullsLast(Comparator.naturalOrder())));
    to(Stage.IMPROVE);
  }

  private static boolean isProven(@Nullable PlanOutcome outcome) {
    return outcome instanceof PlanOutcome.Plan plan && plan.search() == PlanOutcome.Search.PROVEN;
  }

  private @Nullable Harm harmSoFar(int node) {
    return outcomes[node] instanceof PlanOutcome.Plan plan ? plan.harm() : null;
  }

  /**
   * The best plan as it stands now: victims may have gone since they were found, budgets may have
   * run out, and others may have taken what would have come free.
   *
   * @param now the request with the budgets and the time of now
   * @return null if there is none, or if it does not stand any more: then the search is not over,
   *     and goes on with that node
   */
  public PlanOutcome.@Nullable Plan confirmed(Request now) {
    PlanOutcome.Plan plan = best();
    if (plan == null) {
      return null;
    }
    request = now;
    NodeCandidates cluster = sites.apply(plan.node());
    PlanOutcome.Plan stands =
        cluster == null ? null : new NodeSearch(placer, request, cluster).confirmed(plan);
    if (stands == null) {
      searchAgain(best);
    }
    return stands;
  }

  /** Nodes that were passed over for the plan that does not stand are searched too. */
  private void searchAgain(int node) {
    replace(node, null);
    repeats++;
    bounds[node] = repeats <= MOST_REPEATS ? Harm.NONE : null;
    open.clear();
    for (int i = 0; i < nodes.size(); i++) {
      if (bounds[i] != null && !isProven(outcomes[i])) {
        open.add(i);
      }
    }
    triesLeft = Math.max(triesLeft, MOST_TRIES_AGAIN);
    openByBound();
  }

  /**
   * What has been found out, in the order of the nodes; nodes that were passed over are left out.
   */
  public FleetPlan result() {
    return new FleetPlan(
        IntStream.range(0, nodes.size())
            .mapToObj(i -> outcomes[i])
            .filter(Objects::nonNull)
            .toList());
  }
}
