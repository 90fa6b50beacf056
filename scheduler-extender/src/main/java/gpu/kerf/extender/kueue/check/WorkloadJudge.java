package gpu.kerf.extender.kueue.check;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.cluster.PodRules;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.explain.Change;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.kueue.Flavor;
import gpu.kerf.extender.kueue.Workload;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.JointFit;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.team.GpuMeasure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges whether all pods of a workload have room at the same time. It changes nothing.
 *
 * <p>The texts name numbers of nodes and pods, because a user reads them; they are the same as long
 * as the reason is.
 */
final class WorkloadJudge {

  private static final int MOST_REASONS = 3;

  private static final Comparator<Asked> HARDEST_FIRST =
      Comparator.comparingLong(Asked::amount).reversed().thenComparing(Asked::name);

  private final Scheduling scheduling;
  private final Explainer explainer;

  /**
   * Pods that ask for GPUs.
   *
   * @param amount what one of them holds at least, in thousandths of GPUs
   */
  private record Asked(String name, int count, PodDemand demand, PodRules rules, long amount) {}

  WorkloadJudge(Scheduling scheduling) {
    this.scheduling = scheduling;
    this.explainer =
        new Explainer(scheduling.fleet(), () -> scheduling.chooser().placer().prices());
  }

  /**
   * @param promises what is counted for others
   * @param hint whether to look for a change that would help, which takes longer
   */
  Judgement judge(Workload workload, Map<String, Flavor> flavors, Promises promises, boolean hint) {
    List<Asked> asked = new ArrayList<>();
    for (Workload.PodSet set : workload.podSets()) {
      ObjectNode pod = set.withFlavors(flavors);
      if (pod == null) {
        return Judgement.of(
            Judgement.Kind.UNKNOWN,
            "Pod set " + set.name() + " gets a ResourceFlavor that Kerf does not know yet.");
      }
      Reading reading = read(pod);
      if (reading.isNonsense()) {
        return Judgement.of(
            Judgement.Kind.INVALID,
            "Pod set " + set.name() + " is invalid: " + reading.problemText());
      }
      if (set.count() > 0 && !reading.demand().containers().isEmpty()) {
        asked.add(asked(set, reading.demand(), new PodRules(pod)));
      }
    }
    asked.sort(HARDEST_FIRST);
    return asked.isEmpty()
        ? Judgement.of(Judgement.Kind.FITS, "No pod asks for GPUs of Kerf.")
        : judge(workload, asked, promises, hint);
  }

  private Asked asked(Workload.PodSet set, PodDemand demand, PodRules rules) {
    long amount = GpuMeasure.least(demand, scheduling.fleet().models());
    // What no GPU could hold comes first: it decides.
    return new Asked(set.name(), set.count(), demand, rules, amount < 0 ? Long.MAX_VALUE : amount);
  }

  private Reading read(ObjectNode pod) {
    try (JsonParser parser = pod.traverse()) {
      return scheduling.read(PodReader.readDocument(parser));
    } catch (WireException nonsense) {
      return new Reading(
          Reading.NOTHING.demand(), List.of(String.valueOf(nonsense.getMessage())), "");
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private Judgement judge(Workload workload, List<Asked> asked, Promises promises, boolean hint) {
    JointFit fit = new JointFit(scheduling.fleet(), scheduling.chooser().placer().prices());
    promises.countIn(fit, workload.uid());
    List<Placement> places = new ArrayList<>();
    for (Asked set : asked) {
      List<Placement> found = fit.add(set.demand, set.count, node -> against(set, node) == null);
      places.addAll(found);
      if (found.size() < set.count) {
        return refusal(set, found.size(), fit, hint);
      }
    }
    int pods = places.size();
    long nodes = places.stream().map(Placement::node).distinct().count();
    String text =
        pods == 1
            ? "The pod has room on node " + places.get(0).node() + "."
            : "All " + pods + " pods have room at once, on " + count(nodes, "node") + ".";
    return new Judgement(Judgement.Kind.FITS, text, places);
  }

  private Judgement refusal(Asked set, int found, JointFit fit, boolean hint) {
    if (fit.isImpossible(set.demand)) {
      return Judgement.of(
          Judgement.Kind.NEVER,
          "No managed node could ever take a pod of pod set "
              + set.name
              + ": "
              + text(fit.reasons(set.demand, node -> true))
              + "."
              + (hint ? hint(set) : ""));
    }
    Predicate<String> allowed = node -> against(set, node) == null;
    String room =
        found == 0
            ? "No pod of pod set " + set.name + " has room now: "
            : "Of the "
                + set.count
                + " pods of pod set "
                + set.name
                + " only "
                + found
                + (found == 1 ? " has" : " have")
                + " room now; for one more: ";
    Map<Reason, Integer> reasons = fit.reasons(set.demand, allowed);
    List<String> parts = new ArrayList<>();
    if (!reasons.isEmpty()) {
      parts.add(text(reasons));
    }
    Map<String, Integer> leftOut = leftOut(set);
    leftOut.forEach((why, nodes) -> parts.add(why + " (" + count(nodes, "node") + ")"));
    String why = parts.isEmpty() ? "no node is managed by Kerf" : String.join("; ", parts);
    boolean may = hint && found == 0 && leftOut.isEmpty();
    return Judgement.of(Judgement.Kind.WAITS, room + why + "." + (may ? hint(set) : ""));
  }

  /** What a user could change so that one pod fits, if that is what does not. */
  private String hint(Asked set) {
    Change change = explainer.cheapestChange(set.demand);
    return change == null ? "" : " A pod would fit if you " + change.text() + ".";
  }

  private Map<String, Integer> leftOut(Asked set) {
    Map<String, Integer> why = new LinkedHashMap<>();
    Fleet fleet = scheduling.fleet();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      String reason = node == null ? null : against(set, node.name());
      if (reason != null) {
        why.merge(reason, 1, Integer::sum);
      }
    }
    return frequent(why);
  }

  private @Nullable String against(Asked set, String node) {
    NodeRules known = scheduling.nodeRules(node);
    return known == null ? null : set.rules.against(node, known);
  }

  private static String text(Map<Reason, Integer> reasons) {
    Map<String, Integer> texts = new LinkedHashMap<>();
    reasons.forEach((reason, nodes) -> texts.put(reason.text(), nodes));
    return frequent(texts).entrySet().stream()
        .map(each -> each.getKey() + " (" + count(each.getValue(), "node") + ")")
        .collect(Collectors.joining("; "));
  }

  private static Map<String, Integer> frequent(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
        .limit(MOST_REASONS)
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a, LinkedHashMap::new));
  }

  private static String count(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
