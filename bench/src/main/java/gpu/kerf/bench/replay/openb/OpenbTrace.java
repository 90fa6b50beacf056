package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.input.CsvFile;
import gpu.kerf.bench.replay.input.InputException;
import gpu.kerf.bench.replay.input.TextFile;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A fleet, a list of pods, and the order in which pods of the list arrive: some never, some again
 * and again.
 *
 * @param nodes in order of their names
 * @param pods as the file lists them
 */
record OpenbTrace(List<NodeSpec> nodes, List<Ask> pods, List<Ask> arrivals) {

  private static final List<String> NODE_COLUMNS =
      List.of("sn", "cpu_milli", "memory_mib", "gpu", "model");
  private static final List<String> POD_COLUMNS =
      List.of("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli");

  OpenbTrace {
    nodes = List.copyOf(nodes);
    pods = List.copyOf(pods);
    arrivals = List.copyOf(arrivals);
  }

  static OpenbTrace read(Path nodes, Path pods, Path order) throws IOException {
    List<NodeSpec> fleet = readNodes(nodes);
    List<Ask> asks = readPods(pods);
    return new OpenbTrace(fleet, asks, readOrder(order, asks));
  }

  /** The units of all GPUs together. */
  long capacity() {
    long gpus = 0;
    for (NodeSpec node : nodes) {
      gpus += node.gpus().size();
    }
    return gpus * Ask.WHOLE;
  }

  /** The empty nodes, at indexes in order of their names. */
  Fleet fleet() {
    Fleet fleet = new Fleet();
    nodes.forEach(fleet::put);
    return fleet;
  }

  static List<NodeSpec> readNodes(Path path) throws IOException {
    CsvFile file = CsvFile.read(path, NODE_COLUMNS);
    Set<String> names = new HashSet<>();
    Map<String, GpuModel> models = new HashMap<>();
    List<NodeSpec> nodes = new ArrayList<>();
    int gpus = 0;
    for (CsvFile.Row row : file.rows()) {
      String name = row.text("sn");
      refuseAgain(row, "sn", names.add(name), name);
      int count = row.number("gpu", 0, NodeSpec.MOST_GPUS);
      gpus += count;
      List<GpuSpec> cards = count == 0 ? List.of() : cards(row, count, models);
      nodes.add(
          NodeSpec.of(name, cards)
              .withHost(
                  row.number("cpu_milli", 0, NodeSpec.UNKNOWN),
                  row.number("memory_mib", 0, NodeSpec.UNKNOWN)));
    }
    if (gpus == 0) {
      throw InputException.inFile(
          path, "no node has a GPU.", "The test is about GPUs; add a node with some.");
    }
    nodes.sort(Comparator.comparing(NodeSpec::name));
    return nodes;
  }

  private static List<GpuSpec> cards(CsvFile.Row row, int count, Map<String, GpuModel> models)
      throws InputException {
    GpuModel model = models.computeIfAbsent(row.text("model"), OpenbTrace::card);
    return Collections.nCopies(count, GpuSpec.of(model, GpuMode.PLAIN));
  }

  /** The trace knows no limit of tenants per GPU, so its cards get the highest one. */
  private static GpuModel card(String name) {
    return GpuModel.named(name).memoryMiB(Ask.WHOLE).compute(9, 0).build();
  }

  static List<Ask> readPods(Path path) throws IOException {
    CsvFile file = CsvFile.read(path, POD_COLUMNS);
    Set<String> names = new HashSet<>();
    List<Ask> pods = new ArrayList<>();
    for (CsvFile.Row row : file.rows()) {
      String name = row.text("name");
      refuseAgain(row, "name", names.add(name), name);
      pods.add(readPod(row));
    }
    return pods;
  }

  private static Ask readPod(CsvFile.Row row) throws InputException {
    int gpus = row.number("num_gpu", 0, Demand.MOST_GPUS);
    int milli = row.number("gpu_milli", 0, Ask.WHOLE);
    if (gpus > 0 && milli == 0) {
      throw row.wrong(
          "gpu_milli", "(0) of each of " + gpus + " GPUs is nothing.", "Write 1 to 1000.");
    }
    if (gpus == 0 && milli > 0) {
      throw row.wrong(
          "gpu_milli", "(" + milli + ") of no GPU makes no sense.", "Maybe num_gpu should be 1.");
    }
    return new Ask(
        row.number("cpu_milli", 0, NodeSpec.UNKNOWN),
        row.number("memory_mib", 0, NodeSpec.UNKNOWN),
        gpus,
        milli,
        gpus == 0 ? List.of() : models(row));
  }

  /** {@code V100M16|V100M32}; nothing means any. */
  private static List<String> models(CsvFile.Row row) throws InputException {
    String list = row.textOrEmpty("gpu_spec");
    List<String> models = new ArrayList<>();
    int from = 0;
    for (int bar = list.indexOf('|'); bar >= 0; bar = list.indexOf('|', from)) {
      models.add(list.substring(from, bar).strip());
      from = bar + 1;
    }
    models.add(list.substring(from).strip());
    if (list.isEmpty()) {
      return List.of();
    }
    if (models.contains("")) {
      throw row.wrong(
          "gpu_spec",
          "(" + InputException.shown(list) + ") has an empty name.",
          "Write models with one bar between them, such as V100M16|V100M32.");
    }
    return models.stream().distinct().sorted().toList();
  }

  private static void refuseAgain(CsvFile.Row row, String column, boolean isNew, String name)
      throws InputException {
    if (!isNew) {
      throw row.wrong(
          column,
          "(" + InputException.shown(name) + ") stands there for the second time.",
          "Names must differ.");
    }
  }

  private static List<Ask> readOrder(Path path, List<Ask> pods) throws IOException {
    List<Ask> arrivals = new ArrayList<>();
    for (TextFile.Line line : TextFile.read(path).lines()) {
      arrivals.add(pods.get(index(path, line, pods.size())));
    }
    return arrivals;
  }

  private static int index(Path path, TextFile.Line line, int limit) throws InputException {
    String text = line.text().strip();
    String hint =
        "Each line is the number of a row of the pod list, counted from 0: here 0 to "
            + (limit - 1)
            + ".";
    if (!text.matches("[+-]?[0-9]+")) {
      throw InputException.atLine(
          path, line.number(), "(" + InputException.shown(text) + ") is not a whole number.", hint);
    }
    long index = text.length() > 12 ? Long.MAX_VALUE : Long.parseLong(text);
    if (index < 0 || index >= limit) {
      throw InputException.atLine(
          path, line.number(), "(" + InputException.shown(text) + ") is out of range.", hint);
    }
    return (int) index;
  }
}
