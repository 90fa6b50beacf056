package gpu.kerf.bench.replay.mig;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A mix of MIG profiles: how often each one is asked for.
 *
 * @param word its name on the command line
 * @param weights by profile; their sum is 1
 */
record ProfileMix(String word, List<Double> weights) {

  static final List<ProfileMix> ALL =
      List.of(
          of("uniform", 1, 1, 1, 1, 1, 1),
          of("skew-small", 30, 25, 20, 10, 10, 5),
          of("skew-big", 5, 10, 10, 20, 25, 30),
          of("bimodal", 30, 15, 5, 5, 15, 30),
          of("migbench6", 35, 10, 25, 15, 10, 5),
          of("migbench4", 35, 0, 25, 25, 0, 5));

  ProfileMix {
    weights = List.copyOf(weights);
  }

  /** A mix by weights that may have any sum. */
  static ProfileMix of(String word, int... weights) {
    double sum = Arrays.stream(weights).sum();
    List<Double> parts = new ArrayList<>();
    for (int weight : weights) {
      parts.add(weight / sum);
    }
    return new ProfileMix(word, parts);
  }

  static List<String> words() {
    return ALL.stream().map(ProfileMix::word).toList();
  }

  /** The profile at a place between 0 and 1 when all stand in a row, as wide as their weights. */
  int profileAt(double place) {
    double end = 0;
    int last = 0;
    for (int profile = 0; profile < weights.size(); profile++) {
      end += weights.get(profile);
      last = weights.get(profile) > 0 ? profile : last;
      if (place < end) {
        return profile;
      }
    }
    return last;
  }
}
