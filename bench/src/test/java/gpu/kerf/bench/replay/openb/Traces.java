package gpu.kerf.bench.replay.openb;

import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Words to write small traces with. */
final class Traces {
  static final int MUCH = 1_000_000;

  private Traces() {}

  static NodeSpec node(String name, int gpus) {
    return node(name, gpus, "T4", MUCH);
  }

  static NodeSpec node(String name, int gpus, String model, int cpuMilli) {
    GpuModel card = GpuModel.named(model).memoryMiB(Ask.WHOLE).compute(9, 0).build();
    List<GpuSpec> cards = Collections.nCopies(gpus, GpuSpec.of(card, GpuMode.PLAIN));
    return NodeSpec.of(name, cards).withHost(cpuMilli, MUCH);
  }

  static Ask share(int milli) {
    return new Ask(1_000, 1, 1, milli, List.of());
  }

  static Ask whole(int gpus) {
    return new Ask(1_000, 1, gpus, Ask.WHOLE, List.of());
  }

  static Ask cpuOnly(int cpuMilli) {
    return new Ask(cpuMilli, 1, 0, 0, List.of());
  }

  static Ask on(String model, Ask ask) {
    return new Ask(ask.cpuMilli(), ask.memoryMiB(), ask.gpus(), ask.milli(), List.of(model));
  }

  static OpenbTrace trace(List<NodeSpec> nodes, List<Ask> pods, int... order) {
    return new OpenbTrace(nodes, pods, Arrays.stream(order).mapToObj(pods::get).toList());
  }

  /** A trace of our own making, written to a folder and read back. */
  static OpenbTrace synthetic(Path folder, Shape shape, int nodes, long seed) throws IOException {
    MadeTrace made = new TraceMaker(shape, nodes, seed).make();
    return OpenbTrace.read(
        Files.write(folder.resolve("nodes.csv"), made.nodeLines()),
        Files.write(folder.resolve("pods.csv"), made.podLines()),
        Files.write(folder.resolve("order.txt"), made.orderLines()));
  }
}
