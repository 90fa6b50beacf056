package gpu.kerf.model.analysis;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Sets of MIG instances as counts per profile, enumerated. */
final class Multisets {

  private Multisets() {}

  /** All that one GPU can hold, by going through every state it can be in. */
  static Set<List<Integer>> onOneGpu(GpuModel model, List<MigProfile> profiles) {
    Set<List<Integer>> found = new HashSet<>();
    for (List<MigProfile> set : model.geometry().statesOf(profiles).sets()) {
      int[] counts = new int[profiles.size()];
      set.forEach(profile -> counts[profiles.indexOf(profile)]++);
      found.add(boxed(counts));
    }
    return found;
  }

  /** All that so many GPUs can hold. */
  static Set<List<Integer>> on(int gpus, Set<List<Integer>> onOne) {
    Set<List<Integer>> all = onOne;
    for (int i = 1; i < gpus; i++) {
      Set<List<Integer>> next = new HashSet<>();
      for (List<Integer> one : all) {
        for (List<Integer> other : onOne) {
          next.add(sum(one, other));
        }
      }
      all = next;
    }
    return all;
  }

  private static List<Integer> sum(List<Integer> one, List<Integer> other) {
    List<Integer> sum = new ArrayList<>();
    for (int i = 0; i < one.size(); i++) {
      sum.add(one.get(i) + other.get(i));
    }
    return sum;
  }

  /** All whose slices are no more than so many, whether or not they fit. */
  static List<int[]> ofSlices(int slices, List<MigProfile> profiles) {
    List<int[]> found = new ArrayList<>();
    extend(new int[profiles.size()], 0, slices, profiles, found);
    return found;
  }

  private static void extend(
      int[] counts, int profile, int slices, List<MigProfile> profiles, List<int[]> found) {
    if (profile == counts.length) {
      found.add(counts.clone());
      return;
    }
    int size = profiles.get(profile).size();
    for (int count = 0; count * size <= slices; count++) {
      counts[profile] = count;
      extend(counts, profile + 1, slices - count * size, profiles, found);
    }
    counts[profile] = 0;
  }

  static List<Integer> boxed(int[] counts) {
    List<Integer> boxed = new ArrayList<>();
    for (int count : counts) {
      boxed.add(count);
    }
    return boxed;
  }

  /** Counts of some profiles as counts of all profiles of the model. */
  static int[] ofModel(GpuModel model, List<MigProfile> profiles, int[] counts) {
    int[] all = new int[model.profiles().size()];
    for (int i = 0; i < counts.length; i++) {
      all[profiles.get(i).index()] = counts[i];
    }
    return all;
  }
}
