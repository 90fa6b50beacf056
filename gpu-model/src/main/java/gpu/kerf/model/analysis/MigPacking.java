package gpu.kerf.model.analysis;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MediaEngines;
import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * On how few GPUs of one model a set of MIG instances fits if each may lie where it likes.
 *
 * <p>For the layout of eight slices that is {@link MigFit}. For others, such as A30 or RTX PRO
 * 6000, a lower bound and first-fit-decreasing mostly agree; where they do not, sets that fill one
 * GPU are tried GPU by GPU, up to {@link #MOST_TRIES} times.
 */
public final class MigPacking {

  static final int MOST_TRIES = 20_000;

  private final GpuModel model;
  private final List<int[]> fillings;
  private final Set<List<Integer>> failed = new HashSet<>();
  private int triesLeft = MOST_TRIES;

  private MigPacking(GpuModel model, List<int[]> fillings) {
    this.model = model;
    this.fillings = fillings;
  }

  /**
   * The fewest GPUs for these instances.
   *
   * @param counts how many instances of each of the model's profiles
   */
  public static Fewest fewest(GpuModel model, int[] counts) {
    refuseUnplaceable(model, counts);
    if (MigFit.appliesTo(model)) {
      int fewest = MigFit.of(model).fewestGpus(counts);
      return new Fewest(fewest, fewest, Fewest.Basis.CLOSED_FORM);
    }
    return searched(model, counts);
  }

  private static void refuseUnplaceable(GpuModel model, int[] counts) {
    for (MigProfile profile : model.profiles()) {
      if (counts[profile.index()] < 0 || (counts[profile.index()] > 0 && !profile.placeable())) {
        throw new IllegalArgumentException(
            "There cannot be "
                + counts[profile.index()]
                + " instances of "
                + profile.name()
                + " on "
                + model.name()
                + ".");
      }
    }
  }

  /** The same without the closed form. */
  static Fewest searched(GpuModel model, int[] counts) {
    int atLeast = atLeast(model, counts);
    int achieved = firstFitDecreasing(model, counts);
    if (atLeast == achieved) {
      return new Fewest(atLeast, achieved, Fewest.Basis.SEARCH);
    }
    MigPacking packing = new MigPacking(model, fillings(model, counts));
    while (atLeast < achieved && !packing.fits(counts, atLeast)) {
      if (packing.triesLeft < 0) {
        return new Fewest(atLeast, achieved, Fewest.Basis.BOUNDS);
      }
      atLeast++;
    }
    return new Fewest(atLeast, atLeast, Fewest.Basis.SEARCH);
  }

  /**
   * Instances that take all slices have a GPU each. The others need as many as their slices fill,
   * as each profile needs by itself, and as the rules of media engines ask for.
   */
  private static int atLeast(GpuModel model, int[] counts) {
    int[] parts = counts.clone();
    int whole = 0;
    int most = 0;
    for (MigProfile profile : model.profiles()) {
      int count = counts[profile.index()];
      if (count > 0 && profile.size() == model.slices()) {
        whole += count;
        parts[profile.index()] = 0;
      } else if (count > 0) {
        most = Math.max(most, ceil(count, profile.maxInstances()));
      }
    }
    long slices = slices(model, parts, EnumSet.allOf(MediaEngines.class));
    most = Math.max(most, ceil(slices, Math.max(1, model.slices())));
    return whole + Math.max(most, atLeastByMedia(model, parts));
  }

  /**
   * Beside a {@code +me.all} nothing wants engines; the other GPUs have at most one {@code +me}.
   */
  private static int atLeastByMedia(GpuModel model, int[] counts) {
    long others = slices(model, counts, EnumSet.of(MediaEngines.ORDINARY, MediaEngines.EXTENDED));
    return number(model, counts, MediaEngines.ALL)
        + Math.max(
            number(model, counts, MediaEngines.EXTENDED),
            ceil(others, Math.max(1, model.slices())));
  }

  private static int number(GpuModel model, int[] counts, MediaEngines media) {
    int number = 0;
    for (MigProfile profile : model.profiles()) {
      number += profile.media() == media ? counts[profile.index()] : 0;
    }
    return number;
  }

  private static long slices(GpuModel model, int[] counts, Set<MediaEngines> media) {
    long slices = 0;
    for (MigProfile profile : model.profiles()) {
      boolean counted = media.contains(profile.media());
      slices += counted ? (long) counts[profile.index()] * profile.size() : 0;
    }
    return slices;
  }

  private static int ceil(long amount, int part) {
    return Math.toIntExact((amount + part - 1) / part);
  }

  /** What wants most of the media engines first, and of those the large ones. */
  static int firstFitDecreasing(GpuModel model, int[] counts) {
    List<int[]> gpus = new ArrayList<>();
    for (MigProfile profile : hardestFirst(model)) {
      for (int i = 0; i < counts[profile.index()]; i++) {
        if (gpus.stream().noneMatch(gpu -> put(model, profile, gpu))) {
          int[] opened = new int[2];
          put(model, profile, opened);
          gpus.add(opened);
        }
      }
    }
    return gpus.size();
  }

  private static List<MigProfile> hardestFirst(GpuModel model) {
    return model.profiles().stream()
        .sorted(
            Comparator.<MigProfile>comparingInt(profile -> profile.media().held())
                .thenComparingInt(MigProfile::size)
                .reversed())
        .toList();
  }

  /** Puts an instance on a GPU, which is its occupancy and what is held of the media engines. */
  private static boolean put(GpuModel model, MigProfile profile, int[] gpu) {
    if (!model.geometry().fits(gpu[0], profile) || !profile.media().fitsBeside(gpu[1])) {
      return false;
    }
    gpu[0] |= profile.maskAt(model.geometry().bestStart(gpu[0], profile));
    gpu[1] |= profile.media().held();
    return true;
  }

  /** The sets that one GPU can hold and to which nothing can be added, as counts. */
  private static List<int[]> fillings(GpuModel model, int[] counts) {
    List<MigProfile> present =
        model.profiles().stream().filter(profile -> counts[profile.index()] > 0).toList();
    List<int[]> fillings = new ArrayList<>();
    for (List<MigProfile> set : model.geometry().statesOf(present).maximalSets()) {
      int[] filling = new int[counts.length];
      set.forEach(profile -> filling[profile.index()]++);
      fillings.add(filling);
    }
    return fillings;
  }

  private boolean fits(int[] counts, int gpus) {
    int first = IntStream.range(0, counts.length).filter(i -> counts[i] > 0).findFirst().orElse(-1);
    if (first < 0) {
      return true;
    }
    if (gpus == 0 || atLeast(model, counts) > gpus || --triesLeft < 0) {
      return false;
    }
    List<Integer> state = new ArrayList<>(Arrays.stream(counts).boxed().toList());
    state.add(gpus);
    if (failed.contains(state)) {
      return false;
    }
    for (int[] filling : fillings) {
      if (filling[first] > 0 && fits(without(counts, filling), gpus - 1)) {
        return true;
      }
    }
    failed.add(state);
    return false;
  }

  private static int[] without(int[] counts, int[] filling) {
    int[] rest = counts.clone();
    for (int i = 0; i < rest.length; i++) {
      rest[i] = Math.max(0, rest[i] - filling[i]);
    }
    return rest;
  }
}
