package gpu.kerf.model.placement;

import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;

/**
 * What is free on one GPU.
 *
 * @param occupied the memory slices that MIG instances hold, as bits
 * @param starts the slices at which those instances start, as bits
 */
public record GpuState(
    GpuModel model,
    GpuMode mode,
    boolean usable,
    boolean wholeHeld,
    int freeMiB,
    int freeSmMilli,
    int clients,
    int occupied,
    int starts) {

  /** No pod holds any part of it. */
  public boolean untouched() {
    return !wholeHeld && clients == 0 && occupied == 0;
  }
}
