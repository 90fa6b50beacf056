package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.WallChoice;

/**
 * HAMi's words: {@code nvidia.com/gpu} GPUs, and on each of them {@code gpumem} MiB or {@code
 * gpumem-percentage} of its memory, and {@code gpucores} per cent of its multiprocessors.
 */
public final class HamiDialect extends Dialect {

  private static final String MEMORY = "nvidia.com/gpumem";
  private static final String PERCENTAGE = "nvidia.com/gpumem-percentage";
  private static final String CORES = "nvidia.com/gpucores";
  private static final String PRIORITY = "nvidia.com/priority";
  static final String USE_TYPE = "nvidia.com/use-gputype";
  static final String NO_USE_TYPE = "nvidia.com/nouse-gputype";
  private static final String NUMA = "nvidia.com/numa-bind";
  private static final String MODE = "nvidia.com/vgpu-mode";
  private static final String NODE_POLICY = "hami.io/node-scheduler-policy";
  private static final String GPU_POLICY = "hami.io/gpu-scheduler-policy";

  private static final String NAMES_DEVICES = "names devices, and only Kerf may";
  private static final String DECISION = "is written by the scheduler that places the pod";
  private static final String LEAVE_OUT = "Leave it out";

  private static final Words WORDS =
      Words.of(
          Word.asks(
                  NvidiaDialect.GPU,
                  "Number of GPUs; 1 if it is left out. Without a memory word they are whole.")
              .joining(),
          Word.asks(MEMORY, "MiB on each of them; 0 is the whole GPU."),
          Word.asks(PERCENTAGE, "Part of the memory of each of them; 100 is the whole GPU."),
          Word.asks(
              CORES,
              "Part of the multiprocessors of each of them, in per cent, set aside for the"
                  + " container. A whole GPU comes with all of them."),
          Word.asks(PRIORITY, "Must be a whole number; Kerf has no priority on a GPU.").joining(),
          Word.says(
              USE_TYPE,
              "Parts of names of the GPU models that it may run on, between commas. Case, blanks"
                  + " and dashes do not matter. `A10` is also the A100."),
          Word.says(NO_USE_TYPE, "The same for models that it must not run on."),
          Word.says(
              NUMA,
              "`true` or `false`. GPUs near each other are preferred in any case; it is no"
                  + " condition."),
          Word.says(
              MODE,
              "`mig`: an instance. `hami-core` or `mps`: a share of a GPU that is not in MIG mode."
                  + " Several between commas: Kerf takes the one that strands least."),
          Word.kept(NODE_POLICY, Place.ANNOTATION, "`binpack` or `spread`; Kerf has its own cost."),
          Word.kept(
              GPU_POLICY,
              Place.ANNOTATION,
              "`binpack`, `spread` or `topology-aware`; Kerf has its own cost."),
          Word.kept("hami.io/webhook", Place.LABEL, "Changes nothing: Kerf has its own webhook."),
          Word.refused(
              "nvidia.com/use-gpuuuid",
              Place.ANNOTATION,
              NAMES_DEVICES,
              "Maybe ask for a model with nvidia.com/use-gputype"),
          Word.refused(
              "nvidia.com/nouse-gpuuuid",
              Place.ANNOTATION,
              NAMES_DEVICES,
              "An ill GPU is taken out of the node's inventory"),
          Word.refused("hami.io/vgpu-<any>", Place.ANNOTATION, DECISION, LEAVE_OUT),
          Word.refused("hami.io/bind-<any>", Place.ANNOTATION, DECISION, LEAVE_OUT));

  private static final VgpuWords VGPU = new VgpuWords(NvidiaDialect.GPU, MEMORY, PERCENTAGE, CORES);

  public HamiDialect() {
    super("hami", WORDS);
  }

  @Override
  public String includes() {
    return "nvidia";
  }

  @Override
  public GpuReading read(PodView pod) {
    return VgpuWords.read(pod, HamiDialect::constraints, HamiDialect::asks, HamiDialect::demand);
  }

  static boolean asks(Container container) {
    return WORDS.areAskedBy(container) || NvidiaDialect.asks(container);
  }

  private static VgpuWords.PodConstraints constraints(Draft draft) {
    Value numa = draft.annotation(NUMA);
    if (numa.isThere()) {
      // Every placement prefers GPUs near each other.
      numa.isTrue();
    }
    policy(draft.annotation(NODE_POLICY), "binpack", "spread");
    policy(draft.annotation(GPU_POLICY), "binpack", "spread", "topology-aware");
    Value mode = draft.annotation(MODE);
    return new VgpuWords.PodConstraints(
        mode.isThere() ? VgpuWords.wall(mode) : WallChoice.ANY,
        VgpuWords.models(draft.annotation(USE_TYPE), draft.annotation(NO_USE_TYPE)));
  }

  private static void policy(Value policy, String... known) {
    if (policy.isThere()) {
      policy.oneOf(known);
    }
  }

  private static Demand demand(Container container, VgpuWords.PodConstraints constraints) {
    Value priority = Draft.limit(container, PRIORITY);
    if (priority.isThere()) {
      priority.whole(0, Integer.MAX_VALUE, "priority", "Maybe leave it out");
    }
    if (!NvidiaDialect.asksForMoreThanGpus(container)) {
      return VGPU.demand(container, constraints);
    }
    Demand demand = NvidiaDialect.demand(container);
    if (WORDS.areAskedBy(container)) {
      throw new IllegalArgumentException(
          "The container "
              + container.name()
              + " asks both for a MIG profile and for a share of a GPU.\n"
              + "Keep one: nvidia.com/gpumem, or the profile.");
    }
    return demand.onModels(constraints.models());
  }
}
