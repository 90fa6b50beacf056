package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.WallChoice;

/** vgpu-manager's words: so many GPUs, and MiB and per cent of the multiprocessors on each. */
public final class VgpuManagerDialect extends Dialect {

  private static final String COUNT = "nvidia.com/vgpu-number";
  private static final String MEMORY = "nvidia.com/vgpu-memory";
  private static final String CORES = "nvidia.com/vgpu-cores";
  private static final String INCLUDE_TYPE = "nvidia.com/include-gpu-type";
  private static final String EXCLUDE_TYPE = "nvidia.com/exclude-gpu-type";
  private static final String NAMES_DEVICES = "names devices, and only Kerf may";
  private static final String USE_TYPE = "Maybe ask for a model with " + INCLUDE_TYPE;
  private static final String DECISION = "is written by the scheduler that places the pod";

  private static final Words WORDS =
      Words.of(
          Word.asks(
              COUNT, "Number of GPUs; 1 if it is left out. Without a memory word they are whole."),
          Word.asks(MEMORY, "MiB on each of them; 0 is the whole GPU."),
          Word.asks(CORES, "Part of the multiprocessors of each of them, in per cent."),
          Word.says(
              INCLUDE_TYPE, "Parts of names of the GPU models that it may run on, between commas."),
          Word.says(EXCLUDE_TYPE, "The same for models that it must not run on."),
          Word.kept(
              "nvidia.com/device-topology-mode",
              Place.ANNOTATION,
              "GPUs near each other are preferred in any case; it is no condition."),
          Word.kept(
              "nvidia.com/vgpu-compute-policy",
              Place.ANNOTATION,
              "The part of the multiprocessors is fixed."),
          Word.refused("nvidia.com/include-gpu-uuid", Place.ANNOTATION, NAMES_DEVICES, USE_TYPE),
          Word.refused("nvidia.com/exclude-gpu-uuid", Place.ANNOTATION, NAMES_DEVICES, USE_TYPE),
          Word.refused("nvidia.com/pre-allocated", Place.ANNOTATION, DECISION, "Leave it out"),
          Word.refused("nvidia.com/real-allocated", Place.ANNOTATION, DECISION, "Leave it out"),
          Word.refused("nvidia.com/predicate-<any>", Place.ANNOTATION, DECISION, "Leave it out"));

  private static final VgpuWords VGPU = new VgpuWords(COUNT, MEMORY, "", CORES);

  public VgpuManagerDialect() {
    super("vgpu-manager", WORDS);
  }

  @Override
  public GpuReading read(PodView pod) {
    return VgpuWords.read(pod, VgpuManagerDialect::constraints, WORDS::areAskedBy, VGPU::demand);
  }

  private static VgpuWords.PodConstraints constraints(Draft draft) {
    return new VgpuWords.PodConstraints(
        WallChoice.ANY,
        VgpuWords.models(draft.annotation(INCLUDE_TYPE), draft.annotation(EXCLUDE_TYPE)));
  }
}
