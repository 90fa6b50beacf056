package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;

/** One way to write what a pod asks of GPUs. */
public interface Dialect {

  /** What people call it, as in "the pod speaks kerf". */
  String name();

  /** Whether a pod uses any word of it. */
  boolean isSpokenBy(PodView pod);

  /** What a pod that speaks it asks of GPUs. */
  GpuReading read(PodView pod);
}
