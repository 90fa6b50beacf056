package gpu.kerf.bench.replay.mig;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** The H100-80GB and the six plain profiles that requests name, by index. */
final class Card {

  /** In the order in which mixes weigh them. */
  static final List<String> NAMES =
      List.of("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb");

  static final int PROFILES = NAMES.size();
  static final int SLICES = 8;
  static final int COMPUTE_SLICES = 7;
  static final int MOST_GPUS = 100_000;

  private static final int GPUS_PER_NODE = 8;
  private static final GpuModel MODEL =
      Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
  private static final List<MigProfile> BY_INDEX =
      NAMES.stream().map(name -> Objects.requireNonNull(MODEL.profile(name))).toList();
  private static final List<PodDemand> DEMANDS =
      NAMES.stream().map(name -> PodDemand.of(Demand.profile(name))).toList();

  private Card() {}

  static GpuModel model() {
    return MODEL;
  }

  static MigProfile profile(int index) {
    return BY_INDEX.get(index);
  }

  static PodDemand demand(int index) {
    return DEMANDS.get(index);
  }

  static int indexOf(PodDemand demand) {
    int index = DEMANDS.indexOf(demand);
    if (index < 0) {
      throw new IllegalArgumentException("Not a request for one of " + NAMES + ": " + demand);
    }
    return index;
  }

  static int size(int index) {
    return BY_INDEX.get(index).size();
  }

  static int computeSlices(int index) {
    return BY_INDEX.get(index).computeSlices();
  }

  /** So many GPUs, eight to a node; the last node may have fewer. */
  static Fleet fleet(int gpus) {
    Fleet fleet = new Fleet();
    int nodes = (gpus + GPUS_PER_NODE - 1) / GPUS_PER_NODE;
    for (int node = 0; node < nodes; node++) {
      int there = Math.min(GPUS_PER_NODE, gpus - node * GPUS_PER_NODE);
      List<GpuSpec> cards = Collections.nCopies(there, GpuSpec.of(MODEL, GpuMode.MIG_DYNAMIC));
      fleet.put(NodeSpec.of("node-%05d".formatted(node), cards));
    }
    return fleet;
  }

  /** An instance of a profile as a placement. */
  static Placement on(NodeState node, int gpu, int profile, int start) {
    Slot slot = new Slot.Mig(gpu, profile(profile), start);
    return new Placement(node.name(), List.of(new ContainerSlots("main", List.of(slot))), 0, 0);
  }
}
