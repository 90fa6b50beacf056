package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An explanation as maps and lists, ready to be written as the JSON of {@code /api/v1/explain}. */
public final class ExplanationJson {

  private ExplanationJson() {}

  public static Map<String, Object> of(Explanation explanation) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("v", 1);
    if (!explanation.dialect().isEmpty()) {
      json.put("dialect", explanation.dialect());
    }
    json.put("readAs", DemandText.sentence(explanation.demand()));
    json.put("demand", demand(explanation.demand()));
    json.put("problems", explanation.problems());
    json.put("verdicts", explanation.verdicts().stream().map(ExplanationJson::group).toList());
    if (!explanation.leftOut().isEmpty()) {
      json.put("leftOut", explanation.leftOut().stream().map(ExplanationJson::leftOut).toList());
    }
    if (!explanation.notes().isEmpty()) {
      json.put("notes", explanation.notes());
    }
    Chooser.Choice best = explanation.best();
    if (best != null) {
      json.put("best", best(explanation.demand(), best));
    }
    if (!explanation.held().isEmpty()) {
      json.put("held", explanation.held().stream().map(ExplanationJson::held).toList());
    }
    Change change = explanation.change();
    if (change != null) {
      json.put("change", change(change));
      json.put("changes", explanation.changes().stream().map(ExplanationJson::change).toList());
    }
    return json;
  }

  private static Map<String, Object> held(Explanation.Held held) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("node", held.node());
    json.put("pods", held.pods());
    json.put("heldUntil", held.untilMillis());
    return json;
  }

  static String word(Verdict.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Map<String, Object> group(Explanation.Group group) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("verdict", word(group.kind()));
    Reason reason = group.reason();
    if (reason != null) {
      json.put("reason", reason.name());
      json.put("text", reason.text());
    }
    json.put("nodes", group.nodes());
    json.put("examples", group.examples());
    return json;
  }

  private static Map<String, Object> leftOut(Explanation.LeftOut nodes) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("text", nodes.text());
    json.put("nodes", nodes.nodes());
    json.put("fitting", nodes.fitting());
    json.put("examples", nodes.examples());
    return json;
  }

  private static Map<String, Object> best(PodDemand demand, Chooser.Choice best) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("node", best.placement().node());
    json.put("slots", slots(best.placement()));
    json.put("why", why(demand, best));
    return json;
  }

  /** Why this place was chosen, as far as it can be said in a sentence. */
  private static String why(PodDemand demand, Chooser.Choice best) {
    String taken = "it takes least from the demands that usually come";
    long asked = 0;
    for (PodDemand.Container each : demand.containers()) {
      if (!(each.demand().size() instanceof Size.Memory memory)) {
        return taken;
      }
      asked += (long) memory.amount().value() * each.demand().gpus();
    }
    long more = best.placement().memoryMiB() - asked;
    String held = more == 0 ? "what is asked" : more + "Mi more than asked";
    // An instance that is called after the amount has a little less.
    return demand.containers().isEmpty() || more < 0 ? taken : taken + ", and holds " + held;
  }

  private static Map<String, Object> change(Change change) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("text", change.text());
    json.put("node", change.node());
    json.put("lossMilli", change.loss());
    if (!change.patch().isEmpty()) {
      json.put("manifestPatch", change.patch());
    }
    return json;
  }

  /** The demand as it was read. */
  public static Map<String, Object> demand(PodDemand pod) {
    Map<String, Object> json = new LinkedHashMap<>();
    List<Object> containers = new ArrayList<>();
    for (PodDemand.Container container : pod.containers()) {
      containers.add(container(container));
    }
    json.put("containers", containers);
    if (!pod.reuses().isEmpty()) {
      json.put("reuses", pod.reuses().stream().map(ExplanationJson::reuse).toList());
    }
    json.put("cpuMilli", pod.cpuMilli());
    json.put("hostMemoryMiB", pod.hostMemoryMiB());
    return json;
  }

  private static Map<String, Object> reuse(PodDemand.Reuse reuse) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("container", reuse.container());
    json.put("of", reuse.of());
    return json;
  }

  private static Map<String, Object> container(PodDemand.Container container) {
    Demand demand = container.demand();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", container.name());
    if (demand.size() instanceof Size.Memory memory) {
      json.put("memoryMiB", memory.amount().value());
    } else if (demand.size() instanceof Size.Fraction fraction) {
      json.put("fractionMilli", fraction.part().value());
    } else if (demand.size() instanceof Size.Profile profile) {
      json.put("profile", profile.name());
    } else {
      json.put("whole", true);
    }
    json.put("gpus", demand.gpus());
    json.put("wall", demand.wall().word());
    if (demand.sm() != null) {
      json.put("smMilli", demand.sm().value());
    }
    if (!demand.models().isEmpty()) {
      json.put("models", demand.models());
    }
    return json;
  }

  /** The slots of a placement, in the form of the fleet's API. */
  public static List<Map<String, Object>> slots(Placement placement) {
    List<Map<String, Object>> json = new ArrayList<>();
    for (Placement.ContainerSlots container : placement.containers()) {
      for (Slot slot : container.slots()) {
        json.add(slot(container.container(), slot));
      }
    }
    return json;
  }

  private static Map<String, Object> slot(String container, Slot slot) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("container", container);
    json.put("gpu", slot.gpu());
    json.put("memoryMiB", slot.memoryMiB());
    if (slot instanceof Slot.Mig mig) {
      json.put("kind", "mig");
      json.put("profile", mig.profile().name());
      json.put("start", mig.start());
      json.put("size", mig.profile().size());
    } else if (slot instanceof Slot.Share share) {
      json.put("kind", "mps");
      json.put("smMilli", share.smMilli());
    } else {
      json.put("kind", "whole");
    }
    return json;
  }
}
