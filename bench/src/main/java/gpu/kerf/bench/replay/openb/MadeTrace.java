package gpu.kerf.bench.replay.openb;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A synthetic trace, as it is written to files.
 *
 * @param nodeLines the fleet, with its heading
 * @param order which pods arrive, as places in the list
 * @param gpus how many the fleet has
 */
record MadeTrace(List<String> nodeLines, List<Ask> pods, List<Integer> order, long gpus) {

  static final int ARRIVALS_PERCENT = 130;

  MadeTrace {
    nodeLines = List.copyOf(nodeLines);
    pods = List.copyOf(pods);
    order = List.copyOf(order);
  }

  /**
   * Pods arrive once each in random order, and then again at random until {@value
   * #ARRIVALS_PERCENT} % of all GPUs were asked for.
   */
  static MadeTrace arriving(List<String> nodeLines, List<Ask> pods, long gpus, Random random) {
    List<Integer> order = new ArrayList<>();
    long asked = 0;
    for (int i = 0; i < pods.size(); i++) {
      order.add(i);
      asked += pods.get(i).total();
    }
    Collections.shuffle(order, random);
    while (asked < gpus * Ask.WHOLE * ARRIVALS_PERCENT / 100) {
      int again = random.nextInt(pods.size());
      order.add(again);
      asked += pods.get(again).total();
    }
    return new MadeTrace(nodeLines, pods, order, gpus);
  }

  List<String> podLines() {
    return Stream.concat(
            Stream.of("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec"),
            IntStream.range(0, pods.size()).mapToObj(i -> line(i, pods.get(i))))
        .toList();
  }

  private static String line(int number, Ask pod) {
    return "pod-%06d,%d,%d,%d,%d,%s"
        .formatted(
            number,
            pod.cpuMilli(),
            pod.memoryMiB(),
            pod.gpus(),
            pod.milli(),
            String.join("|", pod.models()));
  }

  List<String> orderLines() {
    return order.stream().map(String::valueOf).toList();
  }
}
