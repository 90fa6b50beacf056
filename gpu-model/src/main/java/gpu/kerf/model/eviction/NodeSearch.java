package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The search for the least harmful plan on one node.
 *
 * <p>For one slot each GPU is a scope of its own: a set of victims that nobody is superfluous in
 * lies on the GPU where the slot comes free. Else the node is one scope. If it is too large to be
 * searched to the end, GPUs are cleared as blocks and then pod by pod in that order, for whoever
 * needs several of them should clear those that are least harmful to clear; and then the best plan
 * is improved: its victims and the pods of one more GPU are a scope small enough to search well,
 * GPU after GPU, until none improves it.
 */
final class NodeSearch {

  private static final int MOST_TRIES_PER_GPU = 1 << 14;
  private static final int MOST_TRIES_PER_NODE = 1 << 12;
  private static final int MOST_TRIES_PER_IMPROVEMENT = 1 << 7;
  private static final int MOST_ROUNDS = 8;

  private final Request request;
  private final Site site;
  private final Room room;
  private final NodeState node;
  private final Tally tally;
  private final SubsetSearch search;
  private final List<Candidate> leaving = new ArrayList<>();
  private final List<Victim> victims = new ArrayList<>();

  NodeSearch(Placer placer, Request request, Site site) {
    this.request = request;
    this.site = site;
    this.room = new Room(placer, request);
    this.node = site.node().copy();
    this.tally = new Tally(request, site.candidates());
    this.search = new SubsetSearch(room, tally, node);
    for (Candidate candidate : site.candidates()) {
      sort(candidate);
    }
  }

  private void sort(Candidate candidate) {
    boolean lower = candidate.priority() < request.priority();
    if (request.isOwn(candidate)) {
      leaving.add(candidate);
      return;
    }
    switch (candidate.standing()) {
      case TERMINATING -> leaving.add(candidate);
      case PROPOSED -> {
        if (lower) {
          leaving.add(candidate);
        }
      }
      case RUNNING -> {
        if (lower) {
          victims.add(tally.victim(candidate));
        }
      }
    }
  }

  Outcome outcome() {
    leaving.forEach(candidate -> node.release(candidate.placement()));
    if (room.isOn(node)) {
      return plan(List.of(), Harm.NONE, Outcome.Search.PROVEN);
    }
    Verdict verdict = room.verdict(node);
    Outcome.NoHelp held = withoutEverybody();
    if (held != null) {
      return held;
    }
    Outcome.Search reach = room.isOneSlot(node) ? overEachGpu() : overTheNode();
    Harm least = search.least();
    return least == null
        ? new Outcome.NoHelp(site.node().name(), verdict, Outcome.Obstacle.BUDGETS)
        : plan(search.best().stream().map(Victim::candidate).toList(), least, reach);
  }

  /** Null if the request fits once everybody who may go is gone. */
  private Outcome.@Nullable NoHelp withoutEverybody() {
    victims.forEach(victim -> node.release(victim.candidate().placement()));
    Verdict verdict = room.verdict(node);
    victims.forEach(victim -> node.force(victim.candidate().placement()));
    if (verdict.fits()) {
      return null;
    }
    Outcome.Obstacle obstacle =
        verdict.kind() == Verdict.Kind.NEVER ? Outcome.Obstacle.NODE : Outcome.Obstacle.HELD;
    return new Outcome.NoHelp(site.node().name(), verdict, obstacle);
  }

  private Outcome.Search overEachGpu() {
    boolean proven = true;
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      List<Victim> scope = on(gpu);
      if (!scope.isEmpty()) {
        proven &= search.over(oneByOne(scope), MOST_TRIES_PER_GPU);
      }
    }
    return reach(proven);
  }

  private Outcome.Search overTheNode() {
    if (search.over(oneByOne(victims), MOST_TRIES_PER_NODE)) {
      return Outcome.Search.PROVEN;
    }
    List<List<Victim>> gpus = gpuByGpu();
    search.over(gpus, MOST_TRIES_PER_NODE);
    search.over(gpus.stream().flatMap(List::stream).map(List::of).toList(), MOST_TRIES_PER_NODE);
    search.over(oneByOne(search.best()), MOST_TRIES_PER_NODE);
    int rounds = 0;
    while (rounds++ < MOST_ROUNDS && improve()) {}
    return Outcome.Search.BROKEN_OFF;
  }

  private static Outcome.Search reach(boolean proven) {
    return proven ? Outcome.Search.PROVEN : Outcome.Search.BROKEN_OFF;
  }

  /** Whether adding the pods of some GPU to the scope of the best plan makes it less harmful. */
  private boolean improve() {
    Harm before = search.least();
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      List<Victim> scope = new ArrayList<>(on(gpu));
      search.best().stream().filter(victim -> !scope.contains(victim)).forEach(scope::add);
      search.over(oneByOne(scope), MOST_TRIES_PER_IMPROVEMENT);
    }
    return !Objects.equals(search.least(), before);
  }

  private List<Victim> on(int gpu) {
    return victims.stream().filter(victim -> victim.isOn(gpu)).toList();
  }

  private static List<List<Victim>> oneByOne(List<Victim> scope) {
    return scope.stream().sorted(Victim.MOST_HARMFUL_FIRST).map(List::of).toList();
  }

  /** The GPU that is most harmful to clear first; whoever is on several goes with the first. */
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
    block.forEach(tally::add);
    Harm harm = tally.harm();
    for (int i = block.size() - 1; i >= 0; i--) {
      tally.remove(block.get(i));
    }
    return harm;
  }

  private Outcome.Plan plan(List<Candidate> evicted, Harm harm, Outcome.Search reach) {
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
    return new Outcome.Plan(
        site.node().name(), ordered, awaited, room.placements(node), harm, reach);
  }
}
