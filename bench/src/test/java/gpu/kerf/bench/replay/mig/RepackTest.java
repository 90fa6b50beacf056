package gpu.kerf.bench.replay.mig;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RepackTest {

  /** Every multiset that could fit by its size, against sums of the layouts of single GPUs. */
  @Test
  void agreesWithEveryArrangementOnOneAndTwoGpus() {
    Set<List<Integer>> one = layoutsOfOneGpu();
    Set<List<Integer>> two = new HashSet<>();
    for (List<Integer> left : one) {
      for (List<Integer> right : one) {
        two.add(sum(left, right));
      }
    }

    assertThat(one).hasSize(78);
    assertThat(disagreements(1, one)).isEmpty();
    assertThat(disagreements(2, two)).isEmpty();
  }

  private static List<List<Integer>> disagreements(int gpus, Set<List<Integer>> arrangements) {
    List<List<Integer>> disagreements = new ArrayList<>();
    int seen = 0;
    for (List<Integer> counts : multisets(Card.SLICES * gpus + 1, 0)) {
      int[] array = counts.stream().mapToInt(Integer::intValue).toArray();
      seen++;
      if (Repack.fits(array, gpus) != arrangements.contains(counts)) {
        disagreements.add(counts);
      }
    }
    assertThat(seen).isGreaterThan(arrangements.size());
    return disagreements;
  }

  /** All counts of the profiles from an index on that take no more slices. */
  private static List<List<Integer>> multisets(int slices, int profile) {
    if (profile == Card.PROFILES) {
      return List.of(List.of());
    }
    List<List<Integer>> found = new ArrayList<>();
    for (int count = 0; count * Card.size(profile) <= slices; count++) {
      for (List<Integer> rest : multisets(slices - count * Card.size(profile), profile + 1)) {
        List<Integer> counts = new ArrayList<>(List.of(count));
        counts.addAll(rest);
        found.add(counts);
      }
    }
    return found;
  }

  private static Set<List<Integer>> layoutsOfOneGpu() {
    Set<List<Integer>> layouts = new HashSet<>();
    for (List<MigProfile> set : Card.model().geometry().states().sets()) {
      List<Integer> counts = new ArrayList<>();
      for (int profile = 0; profile < Card.PROFILES; profile++) {
        MigProfile counted = Card.profile(profile);
        counts.add((int) set.stream().filter(counted::equals).count());
      }
      layouts.add(counts);
    }
    return layouts;
  }

  private static List<Integer> sum(List<Integer> one, List<Integer> other) {
    List<Integer> sum = new ArrayList<>();
    for (int i = 0; i < one.size(); i++) {
      sum.add(one.get(i) + other.get(i));
    }
    return sum;
  }
}
