package gpu.kerf.extender.wire;

import gpu.kerf.model.placement.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer of filter, for each node of a request: it may be chosen, it is left out although the
 * pod fits there, or a reason why the pod does not fit.
 *
 * <p>If no node may be chosen, every node has a reason. kube-scheduler treats a node that is in
 * neither failure map as unresolvable.
 */
public final class FilterAnswer {

  private final NodeList nodes;
  private final @Nullable Reason[] reasons;
  private final BitSet choice = new BitSet();
  private @Nullable Reason reasonOfUnknown = Reason.NO_GPUS;
  private boolean unknownAreChosen;
  private int chosen;
  private boolean oneHope;
  private int hopeAt = -1;
  private boolean evicts;
  private final @Nullable String problem;
  private final @Nullable VerbError verbError;

  private FilterAnswer(NodeList nodes, @Nullable String problem, @Nullable VerbError verbError) {
    this.nodes = nodes;
    this.problem = problem;
    this.verbError = verbError;
    this.reasons = new Reason[problem == null ? nodes.size() : 0];
  }

  /** Begins an answer in which every node is left out, and unknown nodes have no GPUs. */
  public static FilterAnswer to(NodeList nodes) {
    return new FilterAnswer(nodes, null, null);
  }

  /** The pod fits nowhere and never, for what it asks makes no sense. */
  public static FilterAnswer nonsense(NodeList nodes, String problem) {
    return new FilterAnswer(nodes, problem, null);
  }

  /** Nothing can be said now; kube-scheduler tries again. */
  public static FilterAnswer failed(VerbError verbError) {
    return new FilterAnswer(new NodeList(0), null, verbError);
  }

  public void choose(int place) {
    chosen += choice.get(place) ? 0 : 1;
    choice.set(place);
  }

  public void refuse(int place, Reason reason) {
    reasons[place] = reason;
  }

  /** No node may be chosen, for one reason. */
  public void refuseAll(Reason reason) {
    Arrays.fill(reasons, reason);
    reasonOfUnknown = reason;
  }

  /**
   * Of the nodes that are refused, evicting others helps at this place alone, and at none if it is
   * negative: kube-scheduler must not try it elsewhere.
   */
  public void onlyHopeAt(int place) {
    oneHope = true;
    hopeAt = place;
  }

  /** Others have to go for the pod, from now on. */
  public void evicting() {
    evicts = true;
  }

  /** Whether others have to go for the pod because of this call. */
  public boolean evicts() {
    return evicts;
  }

  /** Whether no eviction helps at a place that is refused. */
  boolean isHopeless(int place, Reason reason) {
    return oneHope ? place != hopeAt : reason.never();
  }

  /** The nodes that the fleet does not know may be chosen. */
  public void chooseUnknown() {
    chosen += nodes.unknown().size();
    unknownAreChosen = true;
    reasonOfUnknown = null;
  }

  /** How many nodes may be chosen. */
  public int chosen() {
    return chosen;
  }

  /** Why nothing can be said now; null if something is said. */
  public @Nullable VerbError verbError() {
    return verbError;
  }

  /** The error on the wire, empty if there is none. */
  public String error() {
    return verbError == null ? "" : verbError.answer();
  }

  /** What makes no sense in what the pod asks, or null. */
  public @Nullable String problem() {
    return problem;
  }

  NodeList nodes() {
    return nodes;
  }

  boolean isChosen(int place) {
    return choice.get(place);
  }

  boolean unknownAreChosen() {
    return unknownAreChosen;
  }

  /** Why the node at a place does not fit; null if it does, or if the whole pod makes no sense. */
  public @Nullable Reason reason(int place) {
    return problem == null ? reasons[place] : null;
  }

  @Nullable Reason reasonOfUnknown() {
    return problem == null ? reasonOfUnknown : null;
  }

  /** How many nodes are refused for each reason. */
  public Map<Reason, Integer> refusedByReason() {
    Map<Reason, Integer> counts = new EnumMap<>(Reason.class);
    for (Reason reason : reasons) {
      if (reason != null) {
        counts.merge(reason, 1, Integer::sum);
      }
    }
    Reason unknown = reasonOfUnknown();
    if (unknown != null && !nodes.unknown().isEmpty()) {
      counts.merge(unknown, nodes.unknown().size(), Integer::sum);
    }
    return counts;
  }

  /** The names of the nodes that may be chosen, in order. */
  public List<String> chosenNames(NodeNames names) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      if (isChosen(i)) {
        result.add(names.name(nodes.index(i)));
      }
    }
    if (unknownAreChosen()) {
      result.addAll(nodes.unknown());
    }
    return result;
  }

  /** The texts by name of the nodes where the pod does not fit now, or never will. */
  public Map<String, String> failed(NodeNames names, boolean never) {
    Map<String, String> result = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      Reason reason = reason(i);
      if (problem != null ? never : reason != null && isHopeless(i, reason) == never) {
        result.put(names.name(nodes.index(i)), text(reason));
      }
    }
    Reason reason = reasonOfUnknown();
    if (problem != null ? never : reason != null && reason.never() == never) {
      nodes.unknown().forEach(name -> result.put(name, text(reason)));
    }
    return result;
  }

  private String text(@Nullable Reason reason) {
    return problem != null ? problem : reason == null ? "" : reason.text();
  }
}
