package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;

/**
 * Volcano's words: those of its vGPU plugin, which came from HAMi, and the older ones for a share
 * of one GPU.
 */
public final class VolcanoDialect extends Dialect {

  private static final String COUNT = "volcano.sh/vgpu-number";
  private static final String MEMORY = "volcano.sh/vgpu-memory";
  private static final String PERCENTAGE = "volcano.sh/vgpu-memory-percentage";
  private static final String CORES = "volcano.sh/vgpu-cores";
  private static final String MODE = "volcano.sh/vgpu-mode";
  private static final String OLD_MEMORY = "volcano.sh/gpu-memory";
  private static final String OLD_COUNT = "volcano.sh/gpu-number";

  private static final Words WORDS =
      Words.of(
          Word.asks(
              COUNT, "Number of GPUs; 1 if it is left out. Without a memory word they are whole."),
          Word.asks(MEMORY, "MiB on each of them; 0 is the whole GPU."),
          Word.asks(PERCENTAGE, "Part of the memory of each of them; 100 is the whole GPU."),
          Word.asks(CORES, "Part of the multiprocessors of each of them, in per cent."),
          Word.says(
              MODE,
              "`mig`: an instance. `hami-core` or `mps`: a share of a GPU that is not in MIG"
                  + " mode."),
          Word.says(
                  HamiDialect.USE_TYPE,
                  "Parts of names of the GPU models that it may run on, between commas.")
              .joining(),
          Word.says(HamiDialect.NO_USE_TYPE, "The same for models that it must not run on.")
              .joining(),
          Word.asks(OLD_MEMORY, "MiB of one GPU."),
          Word.asks(OLD_COUNT, "Number of whole GPUs."),
          Word.refused(
              "volcano.sh/gpu-index",
              Place.ANNOTATION,
              "names a GPU, and only Kerf may",
              "Leave it out"),
          decision("volcano.sh/vgpu-ids-new"),
          decision("volcano.sh/vgpu-node"),
          decision("volcano.sh/vgpu-time"),
          decision("volcano.sh/devices-to-allocate"));

  private static Word decision(String key) {
    return Word.refused(
        key, Place.ANNOTATION, "is written by the scheduler that places the pod", "Leave it out");
  }

  private static final VgpuWords VGPU = new VgpuWords(COUNT, MEMORY, PERCENTAGE, CORES);

  public VolcanoDialect() {
    super("volcano", WORDS);
  }

  /** HAMi's annotations about GPU models; its limits are refused beside Volcano's. */
  @Override
  public String includes() {
    return "hami";
  }

  @Override
  public GpuReading read(PodView pod) {
    return VgpuWords.read(
        pod, VolcanoDialect::constraints, VolcanoDialect::asks, VolcanoDialect::demand);
  }

  private static boolean asks(Container container) {
    return WORDS.areAskedBy(container) || HamiDialect.asks(container);
  }

  private static VgpuWords.PodConstraints constraints(Draft draft) {
    Value mode = draft.annotation(MODE);
    return new VgpuWords.PodConstraints(
        mode.isThere() ? VgpuWords.wall(mode) : WallChoice.ANY,
        VgpuWords.models(
            draft.annotation(HamiDialect.USE_TYPE), draft.annotation(HamiDialect.NO_USE_TYPE)));
  }

  private static Demand demand(Container container, VgpuWords.PodConstraints constraints) {
    if (HamiDialect.asks(container)) {
      throw new IllegalArgumentException(
          "The container "
              + container.name()
              + " asks for GPUs in words of HAMi or NVIDIA, and the pod speaks volcano.\n"
              + "Maybe keep those of one.");
    }
    Value memory = Draft.limit(container, OLD_MEMORY);
    Value count = Draft.limit(container, OLD_COUNT);
    if (memory.isNothing() && count.isNothing()) {
      return VGPU.demand(container, constraints);
    }
    Value old = memory.isNothing() ? count : memory;
    if ((!memory.isNothing() && !count.isNothing()) || usesNew(container)) {
      throw old.problem(
          "stands beside another way to ask", "Keep one: volcano.sh/vgpu-number and vgpu-memory");
    }
    return memory.isNothing() ? Demand.whole(count.gpus()) : Demand.memory(memory.mib());
  }

  private static boolean usesNew(Container container) {
    return List.of(COUNT, MEMORY, PERCENTAGE, CORES).stream()
        .anyMatch(key -> !Draft.limit(container, key).isNothing());
  }
}
