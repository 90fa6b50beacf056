package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;

/** vgpu-manager's words: so many GPUs, and MiB and per cent of the multiprocessors on each. */
public final class VgpuManagerDialect implements Dialect {

  private static final String COUNT = "nvidia.com/vgpu-number";
  private static final String MEMORY = "nvidia.com/vgpu-memory";
  private static final String CORES = "nvidia.com/vgpu-cores";
  private static final String INCLUDE_TYPE = "nvidia.com/include-gpu-type";
  private static final String EXCLUDE_TYPE = "nvidia.com/exclude-gpu-type";
  private static final String NAMES_DEVICES = "names devices, and only Kerf may";
  private static final String USE_TYPE = "Maybe ask for a model with " + INCLUDE_TYPE;
  private static final String DECISION = "is written when a pod gets its place";

  private static final Words WORDS =
      Words.of(
          Word.asks(COUNT, "On how many GPUs; 1 if it is left out. Without memory they are whole."),
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

  @Override
  public String name() {
    return "vgpu-manager";
  }

  @Override
  public List<Word> words() {
    return WORDS.all();
  }

  @Override
  public boolean isSpokenBy(PodView pod) {
    return WORDS.areSpokenBy(pod);
  }

  @Override
  public GpuReading read(PodView pod) {
    Draft draft = new Draft(pod);
    List<String> models =
        draft.part(
            () -> VgpuWords.models(draft.annotation(INCLUDE_TYPE), draft.annotation(EXCLUDE_TYPE)));
    VgpuWords.Terms terms =
        new VgpuWords.Terms(WallChoice.ANY, models == null ? List.of() : models);
    return draft.read(WORDS::areAskedBy, container -> VGPU.demand(container, terms)).reading();
  }
}
