package gpu.kerf.model.analysis;

import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.NodeState;

/**
 * Where the memory of some GPUs is, in MiB. What is held, free and unusable is the capacity; what
 * is stranded is a part of what is free.
 *
 * @param capacityMiB what a plain GPU offers to shares, or what a GPU with MIG has
 * @param unusableMiB free on GPUs that are unhealthy or used by others
 */
public record MemoryCount(
    long capacityMiB, long heldMiB, long freeMiB, long strandedMiB, long unusableMiB) {

  public static final MemoryCount NONE = new MemoryCount(0, 0, 0, 0, 0);

  static MemoryCount of(NodeState node, int gpu, UsualDemands usual) {
    long capacity =
        node.mode(gpu) == GpuMode.PLAIN
            ? node.shareable(gpu)
            : node.spec().gpus().get(gpu).memoryMiB();
    long free = Math.max(0, node.freeOn(gpu));
    return node.isUsable(gpu)
        ? new MemoryCount(capacity, capacity - free, free, usual.strandedMiB(node, gpu), 0)
        : new MemoryCount(capacity, capacity - free, 0, 0, free);
  }

  public MemoryCount plus(MemoryCount other) {
    return new MemoryCount(
        capacityMiB + other.capacityMiB,
        heldMiB + other.heldMiB,
        freeMiB + other.freeMiB,
        strandedMiB + other.strandedMiB,
        unusableMiB + other.unusableMiB);
  }
}
