package gpu.kerf.model.analysis;

import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What runs on the GPUs of one model. */
final class ModelUsage {

  private final GpuModel model;
  private final int[] instances;
  private final List<Slot.Share> shares = new ArrayList<>();
  private final Set<String> migGpus = new HashSet<>();
  private final Set<String> sharedGpus = new HashSet<>();
  private int whole;
  private int largestMiB;
  private int smallestMiB = Integer.MAX_VALUE;
  private boolean fixed;

  ModelUsage(GpuModel model) {
    this.model = model;
    this.instances = new int[model.profiles().size()];
  }

  void add(NodeState node, Slot slot) {
    String gpu = node.name() + " " + slot.gpu();
    if (slot instanceof Slot.Mig mig) {
      instances[mig.profile().index()]++;
      migGpus.add(gpu);
      fixed |= node.mode(slot.gpu()) == GpuMode.MIG;
    } else if (slot instanceof Slot.Share share) {
      shares.add(share);
      sharedGpus.add(gpu);
      largestMiB = Math.max(largestMiB, node.shareable(slot.gpu()));
      smallestMiB = Math.min(smallestMiB, node.shareable(slot.gpu()));
    } else {
      whole++;
    }
  }

  boolean isAny() {
    return whole + migGpus.size() + sharedGpus.size() > 0;
  }

  Consolidation consolidated() {
    int inUse = whole + migGpus.size() + sharedGpus.size();
    return new Consolidation(model, inUse, whole, mig(), shared());
  }

  private Fewest mig() {
    if (migGpus.isEmpty()) {
      return Fewest.NONE;
    }
    Fewest moved = MigPacking.fewest(model, instances);
    return fixed ? moved.asBound(migGpus.size()) : moved.inUse(migGpus.size());
  }

  private Fewest shared() {
    if (shares.isEmpty()) {
      return Fewest.NONE;
    }
    SharePacking.Bin bin = new SharePacking.Bin(largestMiB, smallestMiB, model.mpsClientLimit());
    return SharePacking.fewest(shares, bin).inUse(sharedGpus.size());
  }
}
