package gpu.kerf.model.fleet;

import gpu.kerf.model.hardware.NodeSpec;
import org.jspecify.annotations.Nullable;

/**
 * Some GPUs of a node, as bits, together with the node in whose order the bits were written: so
 * they are still the same GPUs when the order is another.
 *
 * @param bits all of them are set for every GPU that the node has or will have
 * @param node null where it was not known yet; then the bits are taken as they are
 */
public record GpuSet(long bits, @Nullable NodeSpec node) {

  /** Every GPU of a node, including those that it will get later. */
  public static final long ALL = -1L;

  public static final GpuSet NONE = new GpuSet(0, null);

  /**
   * The same GPUs in the order that a node has now. One that is gone is left out. If a node gives
   * no UUIDs any more, one that had a UUID may be any of its GPUs, and if it never gave any, the
   * indexes are all there is.
   */
  public long on(NodeSpec now) {
    if (bits == 0 || bits == ALL || node == null || node.gpus().equals(now.gpus())) {
      return bits;
    }
    long found = 0;
    for (long left = bits; left != 0; left &= left - 1) {
      found |= on(Long.numberOfTrailingZeros(left), node, now);
    }
    return found;
  }

  private static long on(int gpu, NodeSpec before, NodeSpec now) {
    String uuid = gpu < before.gpus().size() ? before.gpus().get(gpu).uuid() : null;
    if (uuid == null) {
      return 1L << gpu;
    }
    int index = now.indexOfGpu(uuid);
    return index >= 0 ? 1L << index : now.unnamedGpus();
  }
}
