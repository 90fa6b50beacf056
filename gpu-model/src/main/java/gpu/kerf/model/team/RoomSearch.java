package gpu.kerf.model.team;

import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.EvictionPlanner;
import gpu.kerf.model.eviction.FleetSearch;
import gpu.kerf.model.eviction.NodeCandidates;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.eviction.Request;
import gpu.kerf.model.eviction.Victims;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Searches places for work, and the running work that must go for them: as few pieces as possible,
 * or the youngest first, in steps of doubling age.
 *
 * <p>The members of a gang are placed one after the other, each as if the places of those before it
 * were taken and all pods of their victims were gone. It works on copies of nodes, and can pause.
 */
final class RoomSearch {

  private final TeamBook book;
  private final Surroundings around;
  private final DrainedPlaces drained;
  private final Work work;
  private final Victims allowed;
  private final Consumer<RunningWork> agreed;
  private final EvictionPlanner planner;
  private final List<String> nodes = new ArrayList<>();
  private final List<Ledger.Claim> places = new ArrayList<>();
  private final Map<String, List<Placement>> taken = new HashMap<>();
  private final Set<String> gone = new HashSet<>();
  private final Set<RunningWork> victims = new LinkedHashSet<>();
  private boolean youngestFirst;
  private boolean anywhere;
  private @Nullable FleetSearch search;
  private boolean failed;

  /**
   * @param agreed is told each piece of work that goes, before the next member is placed
   */
  RoomSearch(
      TeamBook book,
      Surroundings around,
      DrainedPlaces drained,
      Work work,
      Victims allowed,
      Consumer<RunningWork> agreed) {
    this.book = book;
    this.around = around;
    this.drained = drained;
    this.work = work;
    this.allowed = allowed;
    this.agreed = agreed;
    around.chooser().refresh();
    this.planner = new EvictionPlanner(around.chooser().placer());
    Fleet fleet = around.ledger().fleet();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null && node.gpus() > 0) {
        nodes.add(node.name());
      }
    }
    nodes.sort(null);
  }

  /** Spares the work that runs longest. */
  RoomSearch youngestFirst() {
    youngestFirst = true;
    return this;
  }

  /** Looks also where a place is drained for other work, unless pods are evicted for that. */
  RoomSearch anywhere() {
    anywhere = true;
    return this;
  }

  /** Goes on; whether the search is over. */
  boolean goOn(BooleanSupplier mayGoOn) {
    while (!isOver()) {
      FleetSearch current = search == null ? begin() : search;
      search = current;
      if (!current.goOn(mayGoOn)) {
        return false;
      }
      finish(current);
      if (!mayGoOn.getAsBoolean()) {
        break;
      }
    }
    return isOver();
  }

  private boolean isOver() {
    return failed || places.size() == work.minimum();
  }

  private FleetSearch begin() {
    Work.Member member = work.members().get(places.size());
    Request request =
        Request.of(member.holder(), around.chooser().prepare(member.demand()), around.now())
            .within(around.budgets())
            .from(allowed);
    return planner.search(request, nodes, this::site);
  }

  private void finish(FleetSearch over) {
    search = null;
    PlanOutcome.Plan plan = over.best();
    if (plan == null) {
      failed = true;
      return;
    }
    Placement placement = plan.placements().get(0);
    places.add(new Ledger.Claim(work.members().get(places.size()).holder(), placement));
    taken.computeIfAbsent(plan.node(), any -> new ArrayList<>()).add(placement);
    plan.awaited().forEach(candidate -> gone.add(candidate.uid()));
    for (Candidate candidate : plan.victims()) {
      RunningWork victim = Objects.requireNonNull(book.runningOf(candidate.uid()));
      if (victims.add(victim)) {
        gone.addAll(victim.pods.keySet());
        agreed.accept(victim);
      }
    }
  }

  private @Nullable NodeCandidates site(String name) {
    NodeCandidates now = NodeCandidates.of(around.ledger(), name, around.marked());
    if (now == null) {
      return null;
    }
    NodeState node = now.node().copy();
    List<Candidate> staying = new ArrayList<>();
    for (Candidate candidate : now.candidates()) {
      if (gone.contains(candidate.uid())) {
        node.release(candidate.placement());
      } else {
        staying.add(ranked(candidate));
      }
    }
    taken.getOrDefault(name, List.of()).forEach(node::force);
    drained.block(node, work.id(), !anywhere);
    return new NodeCandidates(node, staying);
  }

  /** The search spares higher priorities first: here that is the age, in steps of doubling. */
  private Candidate ranked(Candidate candidate) {
    RunningWork running = book.runningOf(candidate.uid());
    if (running == null) {
      return candidate;
    }
    long minutes = youngestFirst ? Math.max(0, around.now() - running.started) / 60_000 : 0;
    Candidate ranked =
        new Candidate(
            candidate
                .holder()
                .withPriority(Long.SIZE - Long.numberOfLeadingZeros(minutes))
                .inGroup(running.work.id()),
            candidate.placement(),
            running.started,
            candidate.standing(),
            candidate.budgets());
    return running.leaving ? ranked.terminating() : ranked;
  }

  /** Where the work goes; null if there is no such place. */
  @Nullable List<Ledger.Claim> places() {
    return failed || !isOver() ? null : List.copyOf(places);
  }

  /** The work that must go. */
  Set<RunningWork> victims() {
    return victims;
  }
}
