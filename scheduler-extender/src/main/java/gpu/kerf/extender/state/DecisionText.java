package gpu.kerf.extender.state;

import gpu.kerf.extender.wire.SlotText;
import gpu.kerf.model.placement.Cost;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.price.Prices;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes the reasons of decisions as sentences. */
final class DecisionText {

  private DecisionText() {}

  static String of(Decision decision) {
    return switch (decision.outcome()) {
      case PLACED -> placed(decision);
      case REFUSED -> refused(decision);
      case ERROR -> capital(decision.text()) + ".";
      case EVICTS -> evicts(decision);
    };
  }

  private static String placed(Decision decision) {
    Decision.Choice chosen = decision.chosen();
    if (chosen == null) {
      return "Any node will do: the pod asks for no GPU.";
    }
    StringBuilder why = new StringBuilder("Node ").append(chosen.node());
    slots(chosen.placement(), why);
    if (chosen.cost() != null) {
      why.append(", which takes ").append(taken(chosen.cost()));
      why.append(" from the usual demands");
    }
    if (decision.alternatives() > 1) {
      int others = decision.alternatives() - 1;
      why.append("; ").append(others == 1 ? "1 node is" : others + " nodes are").append(" as good");
    }
    Decision.Choice second = decision.runnerUp();
    if (second != null && second.cost() != null) {
      why.append(". Next best: ").append(second.node());
      why.append(", ").append(difference(chosen.cost(), second.cost()));
    }
    return why.append('.').toString();
  }

  private static void slots(@Nullable Placement placement, StringBuilder why) {
    if (placement != null && !placement.slots().isEmpty()) {
      why.append(": ").append(SlotText.of(placement));
    }
  }

  private static String taken(Cost cost) {
    long mib = Math.round((double) cost.taken() / Prices.MIB);
    return mib <= 0 ? "nothing" : "the worth of " + memory(mib);
  }

  private static String memory(long mib) {
    return mib < 1024 ? mib + " MiB" : String.format(Locale.ROOT, "%.1f GiB", mib / 1024.0);
  }

  private static String difference(@Nullable Cost best, Cost second) {
    if (best == null || second.taken() != best.taken()) {
      return taken(second);
    }
    if (second.distance() != best.distance()) {
      return "as cheap, but its GPUs are farther apart";
    }
    return second.leftover() != best.leftover()
        ? "as cheap, but it would cut an emptier GPU"
        : "as cheap, but the node is emptier";
  }

  private static String refused(Decision decision) {
    if (!decision.text().isEmpty()) {
      return decision.text();
    }
    return decision.refused().entrySet().stream()
        .sorted(Map.Entry.comparingByValue((one, other) -> other - one))
        .map(entry -> nodes(entry.getValue()) + ": " + entry.getKey().text())
        .collect(Collectors.joining("; ", "It fits on no node now. ", "."));
  }

  private static String nodes(int count) {
    return count == 1 ? "1 node" : count + " nodes";
  }

  private static String evicts(Decision decision) {
    String victims =
        decision.victims().stream()
            .map(victim -> victim.pod() + " (priority " + victim.priority() + ")")
            .collect(Collectors.joining(", "));
    String node = decision.chosen() == null ? "" : " from node " + decision.chosen().node();
    return "Evicting " + victims + node + " makes room with the least harm.";
  }

  private static String capital(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
