package gpu.kerf.model.analysis;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The demands that usually come. They tell how much free memory is stranded: the part that stays
 * free even if these demands fill the rest as well as possible.
 *
 * <p>On a plain GPU the stranded memory is the free memory less the best filling by their shares.
 * On a GPU with dynamic MIG it is the free slices less the most that their profiles can cover at
 * legal starts; with static MIG it is the free slices less the free instances that serve one of the
 * demands. A container over several GPUs counts with what it takes of one. Multiprocessors are
 * looked at one share at a time, and of the MPS clients only whether there may be one more, so the
 * truth may be a little worse.
 */
public final class UsualDemands {

  private final List<PreparedDemand> demands = new ArrayList<>();
  private final Map<List<Integer>, FillTable> tables = new HashMap<>();

  // What is found out is kept: a fleet has thousands of GPUs, in few models and states.
  private final Map<Rest, FillTable> tablesOf = new HashMap<>();
  private final Map<Cut, Integer> covers = new HashMap<>();
  private final Map<GpuModel, Boolean> wholeWanted = new HashMap<>();
  private final Map<GpuModel, Set<MigProfile>> serving = new HashMap<>();

  /** What is left of a plain GPU beside its memory. */
  private record Rest(GpuModel model, int freeSm) {}

  /** All that decides what may be cut of a GPU with dynamic MIG. */
  private record Cut(GpuModel model, int occupied, int media) {}

  public UsualDemands(List<PodDemand> usual, GpuModels models) {
    for (PodDemand demand : usual) {
      demands.add(new PreparedDemand(demand, models));
    }
  }

  /** The free MiB of a GPU that no usual demand can use; 0 where the GPU is out of use. */
  public int strandedMiB(NodeState node, int gpu) {
    if (!node.isUsable(gpu)) {
      return 0;
    }
    return switch (node.mode(gpu)) {
      case PLAIN -> strandedOnPlain(node, gpu);
      case MIG_DYNAMIC, MIG -> {
        int slices = node.gpuModel(gpu).slices();
        int stranded = Integer.bitCount(strandedSlices(node, gpu));
        yield (int) ((long) node.spec().gpus().get(gpu).memoryMiB() * stranded / slices);
      }
    };
  }

  /** The free slices of a GPU that no usual demand can use, a bit each; none of a plain GPU. */
  public int strandedSlices(NodeState node, int gpu) {
    if (!node.isUsable(gpu)) {
      return 0;
    }
    int useful =
        switch (node.mode(gpu)) {
          case PLAIN -> -1;
          case MIG_DYNAMIC ->
              node.gpu(gpu).wholeHeld()
                      || (node.isUntouched(gpu) && isWholeWanted(node.gpuModel(gpu)))
                  ? -1
                  : coveredSlices(node, gpu);
          case MIG -> servingSlices(node, gpu);
        };
    int all = (1 << node.gpuModel(gpu).slices()) - 1;
    return all & ~node.occupied(gpu) & ~useful;
  }

  private int strandedOnPlain(NodeState node, int gpu) {
    int free = Math.max(0, node.freeMiB(gpu));
    GpuModel model = node.gpuModel(gpu);
    if (node.isUntouched(gpu) && isWholeWanted(model)) {
      return 0;
    }
    if (node.isCrowded(gpu)) {
      return free;
    }
    return free - table(model, node.freeSm(gpu)).filled(free);
  }

  private boolean isWholeWanted(GpuModel model) {
    return wholeWanted.computeIfAbsent(
        model,
        key ->
            !collect((demand, i) -> demand.isWholeOn(i, key) ? List.of(i) : List.of()).isEmpty());
  }

  private FillTable table(GpuModel model, int freeSm) {
    return tablesOf.computeIfAbsent(
        new Rest(model, freeSm), rest -> newTable(rest.model(), rest.freeSm()));
  }

  private FillTable newTable(GpuModel model, int freeSm) {
    Set<Integer> sizes =
        collect(
            (demand, i) -> {
              var sm = demand.demand().containers().get(i).demand().sm();
              int size = demand.shareMiB(i, model);
              return size > 0 && (sm == null || sm.value() <= freeSm) ? List.of(size) : List.of();
            });
    List<Integer> key = sizes.stream().sorted().toList();
    return tables.computeIfAbsent(
        key, list -> new FillTable(list.stream().mapToInt(Integer::intValue).toArray()));
  }

  private int coveredSlices(NodeState node, int gpu) {
    Cut cut = new Cut(node.gpuModel(gpu), node.occupied(gpu), node.heldMedia(gpu));
    Integer known = covers.get(cut);
    if (known == null) {
      List<MigProfile> profiles =
          collect((demand, i) -> demand.profilesToCut(i, cut.model())).stream()
              .sorted(Comparator.comparingInt(MigProfile::index))
              .toList();
      known = new SliceCover(node, gpu, profiles).most();
      covers.put(cut, known);
    }
    return known;
  }

  private int servingSlices(NodeState node, int gpu) {
    Set<MigProfile> profiles =
        serving.computeIfAbsent(
            node.gpuModel(gpu),
            model -> collect((demand, i) -> demand.profilesThatServe(i, model)));
    int serving = 0;
    for (MigInstance instance : node.spec().gpus().get(gpu).instances()) {
      MigProfile profile = instance.profile();
      boolean free = node.isFree(new Slot.Mig(gpu, profile, instance.start()));
      serving |= free && profiles.contains(profile) ? instance.mask() : 0;
    }
    return serving;
  }

  private <T> Set<T> collect(BiFunction<PreparedDemand, Integer, List<T>> ofContainer) {
    Set<T> all = new HashSet<>();
    for (PreparedDemand demand : demands) {
      for (int i = 0; i < demand.demand().containers().size(); i++) {
        all.addAll(ofContainer.apply(demand, i));
      }
    }
    return all;
  }

  /** The most free slices of one GPU that profiles can cover at legal starts, a bit each. */
  private static final class SliceCover {
    private final NodeState node;
    private final int gpu;
    private final List<MigProfile> profiles;

    SliceCover(NodeState node, int gpu, List<MigProfile> profiles) {
      this.node = node;
      this.gpu = gpu;
      this.profiles = profiles;
    }

    int most() {
      return most(0, 0);
    }

    /** From a slice upwards, beside instances that hold these media engines. */
    private int most(int slice, int media) {
      if (slice >= node.gpuModel(gpu).slices()) {
        return 0;
      }
      int most = most(slice + 1, media);
      for (MigProfile profile : profiles) {
        if (canStart(profile, slice, media)) {
          int own = ((1 << profile.size()) - 1) << slice;
          int next = media | profile.media().held();
          int with = own | most(slice + profile.size(), next);
          most = Integer.bitCount(with) > Integer.bitCount(most) ? with : most;
        }
      }
      return most;
    }

    private boolean canStart(MigProfile profile, int slice, int media) {
      return profile.startsAt(slice)
          && profile.media().fitsBeside(media)
          && node.isFree(new Slot.Mig(gpu, profile, slice));
    }
  }
}
