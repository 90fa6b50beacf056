package gpu.kerf.extender.api;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.telemetry.GpuFigures;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuModel;
import java.util.Map;
import java.util.stream.Collectors;

/** How full the nodes are, as text for a terminal. */
final class FleetText {
  private static final int TEXTS = 2;

  private final Scheduling scheduling;
  private final FleetFigures figures;

  FleetText(Scheduling scheduling, FleetFigures figures) {
    this.scheduling = scheduling;
    this.figures = figures;
  }

  /** Sums of memory are there for all clients; pods are counted that a client may see. */
  String render(Viewer viewer) {
    figures.refresh();
    if (figures.nodes().isEmpty()) {
      return "Kerf manages no node. kubectl label node NAME kerf.gpu/managed=true gives it one.\n";
    }
    TextTable table =
        new TextTable(
            TEXTS, "NODE", "MODEL", "GPUS", "WHOLE", "FREE", "STRANDED", "LARGEST", "PODS");
    for (FleetFigures.Node node : figures.nodes()) {
      row(table, node.name(), models(node), node.sum(), pods(node.name(), viewer));
    }
    int pods = figures.nodes().stream().mapToInt(node -> pods(node.name(), viewer)).sum();
    row(table, "all", "", figures.total(), pods);
    return table
        + "\nWHOLE: GPUs of which no pod holds a part. STRANDED: free memory that the usual demands"
        + " cannot use.\nLARGEST: the largest free part of one GPU.\n"
        + unusable();
  }

  private static void row(TextTable table, String name, String models, GpuFigures sum, int pods) {
    table.row(
        name,
        models,
        Integer.toString(sum.gpus()),
        Integer.toString(sum.untouched()),
        gib(sum.freeMiB()),
        gib(sum.strandedMiB()),
        DemandText.memory(sum.largestMiB()),
        Integer.toString(pods));
  }

  private static String models(FleetFigures.Node node) {
    return node.parts().keySet().stream()
        .map(GpuModel::name)
        .distinct()
        .collect(Collectors.joining(","));
  }

  private int pods(String node, Viewer viewer) {
    return (int)
        scheduling.ledger().entriesOn(node).stream()
            .filter(entry -> entry.state() != Entry.State.PROPOSED)
            .filter(entry -> viewer.seesNamespace(entry.holder().namespace()))
            .count();
  }

  private String unusable() {
    Map<String, Integer> nodes =
        figures.nodes().stream()
            .filter(node -> node.sum().unusable() > 0)
            .collect(Collectors.toMap(FleetFigures.Node::name, node -> node.sum().unusable()));
    return nodes.isEmpty()
        ? ""
        : "Out of use: "
            + nodes.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(each -> each.getValue() + " GPUs of " + each.getKey())
                .collect(Collectors.joining(", "))
            + ".\n";
  }

  /** Sums are long, and a tenth of a GiB is exact enough for them. */
  private static String gib(long mib) {
    long tenths = Math.floorDiv(mib * 10, 1024);
    return tenths / 10 + (tenths % 10 == 0 ? "" : "." + tenths % 10) + "Gi";
  }
}
