package gpu.kerf.extender.api;

import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.extender.state.FrequentDemands;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Measures for how long the views of a large fleet hold up the event loop: the number of nodes,
 * each with 8 GPUs and 4 pods.
 */
public final class SnapshotCost {
  private static final int ROUNDS = 200;

  private SnapshotCost() {}

  public static void main(String[] args) {
    int count = Integer.parseInt(args[0]);
    List<NodeSpec> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nodes.add(RunningService.node("gpu-node-%05d".formatted(i), 8, "H100-80GB", GpuMode.PLAIN));
    }
    try (RunningService service = RunningService.on(nodes)) {
      service.onLoop(
          () -> {
            fill(service, nodes);
            return 0;
          });
      var scheduling = service.scheduling;
      FleetJson fleet = new FleetJson(scheduling, service.service.figures());
      report("fleet.json", service, () -> fleet.render(Viewer.ALL).length);
      report("figures, nothing changed", service, () -> refresh(service));
      report(
          "figures, one node changed",
          service,
          () -> {
            touch(service, nodes.get(0).name());
            return refresh(service);
          });
      report(
          "scrape of /metrics",
          service,
          () -> service.service.metrics().scrape("").text().length());
      report("usual demands", service, () -> usual(service));
    }
  }

  private static void fill(RunningService service, List<NodeSpec> nodes) {
    int number = 0;
    for (NodeSpec node : nodes) {
      for (int gpu = 0; gpu < 4; gpu++) {
        Slot slot = new Slot.Share(gpu, 8192 * (1 + gpu), 0);
        ContainerSlots slots = new ContainerSlots("main", List.of(slot));
        Holder holder =
            new Holder("uid-" + number, "team-" + number % 50, "pod-" + number++, "", "", 0);
        service
            .scheduling
            .ledger()
            .take(holder, new Placement(node.name(), List.of(slots), 0, 0), 0);
      }
    }
  }

  private static int refresh(RunningService service) {
    service.service.figures().refresh();
    return service.service.figures().total().gpus();
  }

  private static void touch(RunningService service, String node) {
    service.scheduling.ledger().release("uid-0");
    Slot slot = new Slot.Share(0, 8192, 0);
    Placement placement =
        new Placement(node, List.of(new ContainerSlots("main", List.of(slot))), 0, 0);
    service.scheduling.ledger().take(new Holder("uid-0", "ml", "p", "", "", 0), placement, 0);
  }

  private static int usual(RunningService service) {
    return new FrequentDemands()
                .of(service.scheduling.pods().all(), service.scheduling.fleet().models())
            == null
        ? 0
        : 1;
  }

  private static void report(String what, RunningService service, Supplier<Integer> action) {
    long[] micros = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      micros[i] =
          service.onLoop(
              () -> {
                long began = System.nanoTime();
                int length = action.get();
                return length < 0 ? 0 : (System.nanoTime() - began) / 1000;
              });
    }
    Arrays.sort(micros);
    System.out.printf(
        "%-28s p50 %6d us, p99 %6d us%n", what, micros[ROUNDS / 2], micros[ROUNDS * 99 / 100]);
  }
}
