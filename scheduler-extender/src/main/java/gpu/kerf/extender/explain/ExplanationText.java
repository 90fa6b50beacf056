package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An explanation as a person reads it in a terminal. */
public final class ExplanationText {

  private static final int MOST_CHANGES = 4;

  private ExplanationText() {}

  /** Several lines, the last one ended. */
  public static String of(String pod, Explanation explanation) {
    StringBuilder text = new StringBuilder(pod).append('\n');
    if (!explanation.problems().isEmpty()) {
      for (String problem : explanation.problems()) {
        line(text, "refused", problem.replace("\n", "\n            "));
      }
      return text.toString();
    }
    line(text, "read as", DemandText.sentence(explanation.demand()));
    Chooser.Choice best = explanation.best();
    if (best != null) {
      line(text, "goes to", best.placement().node() + ": " + slots(best.placement()));
      line(text, "because", why(explanation.demand(), best));
    }
    explanation.verdicts().forEach(group -> line(text, label(group), sentence(group)));
    changes(explanation, text);
    return text.toString();
  }

  private static void line(StringBuilder text, String label, String what) {
    text.append(String.format(Locale.ROOT, "  %-9s %s\n", label, what));
  }

  private static String label(Explanation.Group group) {
    return switch (group.kind()) {
      case FITS -> "fits";
      case NOT_NOW -> "not now";
      case NEVER -> "never";
    };
  }

  private static String sentence(Explanation.Group group) {
    String on = "on " + group.nodes() + (group.nodes() == 1 ? " node" : " nodes");
    String more = group.nodes() > group.examples().size() ? ", ..." : "";
    String names = " (" + String.join(", ", group.examples()) + more + ")";
    Reason reason = group.reason();
    return on + names + (reason == null ? "" : ": " + reason.text());
  }

  private static void changes(Explanation explanation, StringBuilder text) {
    if (explanation.best() != null) {
      return;
    }
    boolean later =
        explanation.verdicts().stream().anyMatch(group -> group.kind() == Verdict.Kind.NOT_NOW);
    line(
        text,
        "wait",
        later ? "it fits once others have left" : "does not help: nobody who leaves makes room");
    if (explanation.changes().isEmpty()) {
      line(text, "change", "nothing that was tried would make it fit now");
    }
    for (Change change : explanation.changes().stream().limit(MOST_CHANGES).toList()) {
      boolean first = change.equals(explanation.changes().get(0));
      line(text, first ? "change" : "or", change.text() + "; then it goes to " + change.node());
    }
  }

  /** The slots of a placement: {@code GPU 3: MIG 1g.10gb at slice 4 (9856Mi)}. */
  public static String slots(Placement placement) {
    if (placement.slots().isEmpty()) {
      return "no GPU";
    }
    List<String> texts = new ArrayList<>();
    for (Placement.ContainerSlots container : placement.containers()) {
      String prefix = placement.containers().size() == 1 ? "" : container.container() + " ";
      container.slots().forEach(slot -> texts.add(prefix + slot(slot)));
    }
    return String.join(", ", texts);
  }

  private static String slot(Slot slot) {
    String memory = DemandText.memory(slot.memoryMiB());
    if (slot instanceof Slot.Mig mig) {
      return "GPU %d: MIG %s at slice %d (%s)"
          .formatted(mig.gpu(), mig.profile().name(), mig.start(), memory);
    }
    if (slot instanceof Slot.Share share) {
      String sm = share.smMilli() == 0 ? "" : ", " + DemandText.percent(share.smMilli()) + " SM";
      return "GPU %d: MPS share (%s%s)".formatted(share.gpu(), memory, sm);
    }
    return "GPU %d: whole (%s)".formatted(slot.gpu(), memory);
  }

  /** Why this place was chosen, as far as it can be said in a sentence. */
  static String why(PodDemand demand, Chooser.Choice best) {
    long asked = 0;
    boolean counted = true;
    for (PodDemand.Container each : demand.containers()) {
      if (each.demand().size() instanceof Size.Memory memory) {
        asked += (long) memory.amount().value() * each.demand().gpus();
      } else {
        counted = false;
      }
    }
    long more = best.placement().memoryMiB() - asked;
    String taken = "it takes least from the demands that usually come";
    if (!counted || demand.containers().isEmpty()) {
      return taken;
    }
    return taken
        + (more == 0 ? ", and holds what is asked" : ", and holds " + more + "Mi more than asked");
  }
}
