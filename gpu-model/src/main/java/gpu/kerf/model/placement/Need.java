package gpu.kerf.model.placement;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one demand means on each GPU model: worked out once per model, looked up for every GPU.
 *
 * <p>A demand for memory means a share of so many MiB on a plain GPU and any of several profiles on
 * a MIG GPU. In mode mig-dynamic only profiles that are not dominated count: {@code 2g.20gb} never
 * leaves more than {@code 1g.20gb} does, at every start.
 */
final class Need {

  private static final int[] NONE = {};

  final Demand demand;
  final int count;
  final boolean whole;
  final int smMilli;
  private final boolean fixed;
  private @Nullable Need unbounded;

  /** By number of GPU model: MiB of a share, 0 where a share is out of the question. */
  private int[] shareMiB = NONE;

  private boolean[] wholeOn = {};
  private int[][] cuttable = {};
  private int[][] acceptable = {};

  Need(Demand demand) {
    this.demand = demand;
    this.count = demand.gpus();
    this.whole = demand.size() instanceof Size.Whole;
    this.smMilli = demand.smMilli();
    this.fixed = !(demand.size() instanceof Size.Fraction);
  }

  /** The same without a bound on what it may hold; itself where it has none. */
  Need unbounded(GpuModels models) {
    if (demand.mostMiB() == 0) {
      return this;
    }
    Need free = unbounded == null ? new Need(demand.holdingAtMost(0)) : unbounded;
    free.learn(models);
    unbounded = free;
    return free;
  }

  /** Works out what the demand means on models that were not known before. */
  void learn(GpuModels models) {
    int known = shareMiB.length;
    if (known == models.size()) {
      return;
    }
    shareMiB = Arrays.copyOf(shareMiB, models.size());
    wholeOn = Arrays.copyOf(wholeOn, models.size());
    cuttable = Arrays.copyOf(cuttable, models.size());
    acceptable = Arrays.copyOf(acceptable, models.size());
    for (int i = known; i < models.size(); i++) {
      learn(i, models.get(i));
    }
  }

  private void learn(int index, GpuModel model) {
    boolean wanted = demand.accepts(model);
    wholeOn[index] = wanted && whole && !demand.exceeds(model.memoryMiB());
    shareMiB[index] =
        wanted && demand.wall().accepts(Wall.MPS) ? demand.memoryMiB(model.shareableMiB()) : 0;
    List<MigProfile> profiles =
        wanted && demand.wall().accepts(Wall.MIG) ? demand.profilesOn(model) : List.of();
    acceptable[index] = indexes(profiles);
    cuttable[index] = indexes(withoutDominated(profiles));
  }

  private static List<MigProfile> withoutDominated(List<MigProfile> profiles) {
    List<MigProfile> kept = new ArrayList<>();
    for (MigProfile profile : profiles) {
      if (kept.stream().noneMatch(better -> dominates(better, profile))) {
        kept.add(profile);
      }
    }
    return kept;
  }

  /** At every start of {@code worse}, {@code better} could start inside the same slices. */
  private static boolean dominates(MigProfile better, MigProfile worse) {
    for (int start = 0; start < 8; start++) {
      if (worse.startsAt(start) && !startsWithin(better, start, worse.size())) {
        return false;
      }
    }
    return true;
  }

  private static boolean startsWithin(MigProfile profile, int from, int size) {
    for (int start = from; start + profile.size() <= from + size; start++) {
      if (profile.startsAt(start)) {
        return true;
      }
    }
    return false;
  }

  private static int[] indexes(List<MigProfile> profiles) {
    return profiles.stream().mapToInt(MigProfile::index).toArray();
  }

  /** The share it means on a card as the catalogue describes it; 0 if it cannot be a share. */
  int shareMiB(int model) {
    return shareMiB[model];
  }

  /**
   * The share it means on a card as its node reports it: a fraction is of what is really there, so
   * that fractions which sum to a GPU fit.
   */
  int shareMiB(NodeState node, int gpu) {
    int usual = shareMiB[node.model(gpu)];
    int asked = usual == 0 || fixed ? usual : demand.memoryMiB(node.shareable(gpu));
    int held = node.stepped ? node.partOf(gpu, asked) : asked;
    return demand.exceeds(held) ? 0 : held;
  }

  /** Whether it means the same share on all cards of a model. */
  boolean isFixed() {
    return fixed;
  }

  boolean wholeOn(int model) {
    return wholeOn[model];
  }

  /**
   * Profiles that may be cut on a GPU in mode mig-dynamic, as indexes into the model's profiles.
   */
  int[] cuttable(int model) {
    return cuttable[model];
  }

  /** Profiles of existing instances that serve the demand. */
  int[] acceptable(int model) {
    return acceptable[model];
  }

  /** The largest share it means on any model: a measure of how hard it is to place. */
  int largestMiB() {
    int largest = 0;
    for (int i = 0; i < shareMiB.length; i++) {
      largest = Math.max(largest, shareMiB[i]);
    }
    return largest;
  }
}
