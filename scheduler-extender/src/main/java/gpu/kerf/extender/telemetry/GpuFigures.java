package gpu.kerf.extender.telemetry;

import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import org.jspecify.annotations.Nullable;

/**
 * Held and free memory of one GPU, or of all GPUs of a model.
 *
 * <p>Free memory is stranded if the demands that usually come cannot use it, even if they fill the
 * rest as well as possible. It is always stranded if no pod can use it: slices between MIG
 * instances that no profile can take, slices without an instance where instances are fixed, the
 * rest of a GPU whose MPS clients are as many as it serves or that has less than {@link
 * #LEAST_SHARE_MIB} left, and all of a node without free CPU.
 *
 * @param largestMiB the largest free part of one GPU
 */
public record GpuFigures(
    int gpus,
    int unusable,
    int untouched,
    long capacityMiB,
    long heldMiB,
    long freeMiB,
    long strandedMiB,
    int largestMiB) {

  /** No container can use less than this: a CUDA context alone takes about half of it. */
  public static final int LEAST_SHARE_MIB = 1024;

  public static final GpuFigures NONE = new GpuFigures(0, 0, 0, 0, 0, 0, 0, 0);

  public GpuFigures plus(GpuFigures other) {
    return new GpuFigures(
        gpus + other.gpus,
        unusable + other.unusable,
        untouched + other.untouched,
        capacityMiB + other.capacityMiB,
        heldMiB + other.heldMiB,
        freeMiB + other.freeMiB,
        strandedMiB + other.strandedMiB,
        Math.max(largestMiB, other.largestMiB));
  }

  /**
   * The figures of one GPU.
   *
   * @param usual the demands that usually come; null while none have
   */
  public static GpuFigures of(NodeState node, int gpu, @Nullable UsualDemands usual) {
    int capacity = node.spec().gpus().get(gpu).memoryMiB();
    int held = held(node, gpu, capacity);
    if (!node.isUsable(gpu)) {
      return new GpuFigures(1, 1, 0, capacity, held, 0, 0, 0);
    }
    boolean whole = node.gpu(gpu).wholeHeld();
    int free = whole ? 0 : Math.max(0, node.freeOn(gpu));
    int largest = node.freeCpuMilli() < 1 ? 0 : largest(node, gpu, free);
    int stranded = largest == 0 ? free : stranded(node, gpu, free);
    if (usual != null && !whole) {
      stranded = Math.min(free, Math.max(stranded, usual.strandedMiB(node, gpu)));
    }
    int untouched = held == 0 ? 1 : 0;
    return new GpuFigures(1, 0, untouched, capacity, held, free, stranded, largest);
  }

  private static int held(NodeState node, int gpu, int capacity) {
    if (node.gpu(gpu).wholeHeld()) {
      return capacity;
    }
    if (!node.isPlain(gpu)) {
      int slices = node.gpuModel(gpu).slices();
      return (int) ((long) capacity * Integer.bitCount(node.occupied(gpu)) / slices);
    }
    return Math.max(0, node.shareable(gpu) - node.freeMiB(gpu));
  }

  private static int largest(NodeState node, int gpu, int free) {
    if (node.isUntouched(gpu)) {
      return free;
    }
    if (node.isPlain(gpu)) {
      boolean full = node.isCrowded(gpu);
      return full || free < LEAST_SHARE_MIB ? 0 : free;
    }
    int occupied = node.occupied(gpu);
    int largest = 0;
    if (node.mode(gpu) == GpuMode.MIG) {
      for (MigInstance instance : node.spec().gpus().get(gpu).instances()) {
        boolean unheld = (instance.mask() & occupied) == 0;
        largest = Math.max(largest, unheld ? instance.profile().memoryMiB() : 0);
      }
      return largest;
    }
    GpuModel model = node.gpuModel(gpu);
    for (MigProfile profile : model.profiles()) {
      boolean fits = model.geometry().fits(occupied, profile);
      largest = Math.max(largest, fits ? profile.memoryMiB() : 0);
    }
    return largest;
  }

  private static int stranded(NodeState node, int gpu, int free) {
    if (node.isPlain(gpu)) {
      return 0;
    }
    int freeSlices = node.gpuModel(gpu).slices() - Integer.bitCount(node.occupied(gpu));
    int stranded = Integer.bitCount(uselessSlices(node, gpu));
    return freeSlices == 0 ? 0 : (int) ((long) free * stranded / freeSlices);
  }

  /**
   * Which free slices of a GPU in MIG mode are stranded, a bit each, by the same rules as the
   * stranded memory. Where the usual demands could be placed in several ways, it is one of them.
   */
  public static int strandedSlices(NodeState node, int gpu, @Nullable UsualDemands usual) {
    if (node.isPlain(gpu) || !node.isUsable(gpu) || node.gpu(gpu).wholeHeld()) {
      return 0;
    }
    int free = ((1 << node.gpuModel(gpu).slices()) - 1) & ~node.occupied(gpu);
    if (node.freeCpuMilli() < 1 || largest(node, gpu, Math.max(0, node.freeOn(gpu))) == 0) {
      return free;
    }
    return usual == null ? uselessSlices(node, gpu) : usual.strandedSlices(node, gpu);
  }

  /** The free slices that no pod can have. */
  private static int uselessSlices(NodeState node, int gpu) {
    int occupied = node.occupied(gpu);
    GpuModel model = node.gpuModel(gpu);
    return node.mode(gpu) == GpuMode.MIG
        ? ((1 << model.slices()) - 1) & ~(occupied | instances(node, gpu))
        : model.geometry().strandedMask(occupied);
  }

  private static int instances(NodeState node, int gpu) {
    int mask = 0;
    for (MigInstance instance : node.spec().gpus().get(gpu).instances()) {
      mask |= instance.mask();
    }
    return mask;
  }
}
