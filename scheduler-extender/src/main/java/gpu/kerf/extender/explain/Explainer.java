package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.CheapestNodes;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Verdict;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Explains demands on one fleet. Changes nothing; belongs to the thread that owns the fleet, and
 * has a placer of its own, so that it disturbs no decision.
 *
 * <p>{@link #explain} looks at every node and may try some hundred changes on each: a millisecond
 * on a thousand nodes, more where nothing fits. For a list of pending pods ask {@link
 * #cheapestChange} and remember the answer.
 */
public final class Explainer {

  private static final int EXAMPLES = 5;

  private static final Comparator<Explanation.Group> ORDER =
      Comparator.comparing(Explanation.Group::kind)
          .thenComparing(Explanation.Group::nodes, Comparator.reverseOrder())
          .thenComparing(group -> String.valueOf(group.reason()));

  private final Fleet fleet;
  private final Supplier<Prices> prices;

  /**
   * @param prices those of the fleet's chooser, so that the best place is the one it would take
   */
  public Explainer(Fleet fleet, Supplier<Prices> prices) {
    this.fleet = fleet;
    this.prices = prices;
  }

  /** Where no node is left out. */
  public Explanation explain(PodDemand demand) {
    return explain(demand, node -> null);
  }

  /**
   * Where kube-scheduler leaves out some nodes before it asks Kerf.
   *
   * @param against why kube-scheduler leaves a node out by itself; null for all others
   */
  public Explanation explain(PodDemand demand, Function<String, @Nullable String> against) {
    Placer placer = placer();
    PreparedDemand prepared = new PreparedDemand(demand, fleet.models());
    Map<Verdict, List<String>> byVerdict = new LinkedHashMap<>();
    Map<String, LeftOutNodes> leftOut = new TreeMap<>();
    CheapestNodes cheapest = new CheapestNodes(fleet, placer);
    cheapest.start();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node == null) {
        continue;
      }
      Verdict verdict = placer.judge(prepared, node);
      String why = against.apply(node.name());
      if (why != null) {
        leftOut.computeIfAbsent(why, unused -> new LeftOutNodes()).add(node.name(), verdict);
        continue;
      }
      byVerdict.computeIfAbsent(verdict, unused -> new ArrayList<>()).add(node.name());
      if (verdict.fits()) {
        cheapest.offer(prepared, i, i);
      }
    }
    Chooser.Choice choice = choice(placer, prepared, cheapest);
    List<Change> changes =
        choice == null
            ? new ChangeSearch(fleet, placer, node -> against.apply(node) == null).of(demand)
            : List.of();
    List<Explanation.LeftOut> groups = new ArrayList<>();
    leftOut.forEach((text, nodes) -> groups.add(nodes.group(text)));
    return new Explanation(
        demand, "", List.of(), groups(byVerdict), groups, choice, changes, List.of(), List.of());
  }

  /** The nodes that are left out for one reason. */
  private static final class LeftOutNodes {
    private final List<String> names = new ArrayList<>();
    private int fitting;

    void add(String name, Verdict verdict) {
      names.add(name);
      fitting += verdict.fits() ? 1 : 0;
    }

    Explanation.LeftOut group(String text) {
      List<String> examples = names.stream().sorted().limit(EXAMPLES).toList();
      return new Explanation.LeftOut(text, names.size(), fitting, examples);
    }
  }

  private Chooser.@Nullable Choice choice(
      Placer placer, PreparedDemand prepared, CheapestNodes cheapest) {
    if (cheapest.index() < 0) {
      return null;
    }
    NodeState node = Objects.requireNonNull(fleet.at(cheapest.index()));
    placer.tryOn(prepared, node);
    return new Chooser.Choice(cheapest.index(), cheapest.cost(), placer.placement(prepared, node));
  }

  private static List<Explanation.Group> groups(Map<Verdict, List<String>> byVerdict) {
    List<Explanation.Group> groups = new ArrayList<>();
    byVerdict.forEach(
        (verdict, names) -> {
          List<String> examples = names.stream().sorted().limit(EXAMPLES).toList();
          groups.add(
              new Explanation.Group(verdict.kind(), verdict.reason(), names.size(), examples));
        });
    groups.sort(ORDER);
    return groups;
  }

  /**
   * The nodes on which a demand would fit if some pods held nothing any more.
   *
   * @param holding the pods, which hold slots of the fleet
   */
  public Set<String> nodesWithout(Collection<Entry> holding, Ledger ledger, PodDemand demand) {
    Placer placer = placer();
    PreparedDemand prepared = new PreparedDemand(demand, fleet.models());
    Set<String> fits = new TreeSet<>();
    Ledger.Undo undo = ledger.without(holding.stream().map(Entry::uid).toList());
    try {
      for (Entry entry : holding) {
        NodeState node = fleet.node(entry.placement().node());
        if (node != null && placer.judge(prepared, node).fits()) {
          fits.add(node.name());
        }
      }
    } finally {
      undo.undo();
    }
    return fits;
  }

  /** The change by which the user loses least, or null if it fits or nothing would help. */
  public @Nullable Change cheapestChange(PodDemand demand) {
    ChangeSearch search = search(placer());
    if (search.fits(demand) != null) {
      return null;
    }
    List<Change> changes = search.of(demand);
    return changes.isEmpty() ? null : changes.get(0);
  }

  private ChangeSearch search(Placer placer) {
    return new ChangeSearch(fleet, placer, node -> true);
  }

  private Placer placer() {
    Prices current = prices.get();
    boolean complete = current.models() >= fleet.models().size();
    return new Placer(complete ? current : Prices.neutral(fleet.models()));
  }
}
