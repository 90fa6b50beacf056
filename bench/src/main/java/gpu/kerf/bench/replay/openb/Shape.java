package gpu.kerf.bench.replay.openb;

import java.util.List;

/**
 * The mix of a synthetic trace: the share of each kind of pod, in percent.
 *
 * @param word its name on the command line
 * @param cpuOnly pods without GPUs
 * @param shares pods with a part of one GPU
 * @param one pods with one whole GPU
 * @param several pods with 2, 4 or 8 whole GPUs
 * @param typed of a hundred pods with GPUs, how many name the models they run on
 * @param cpuFactor how much CPU pods without GPUs ask for, as a multiple of the shape default
 */
record Shape(String word, int cpuOnly, int shares, int one, int several, int typed, int cpuFactor) {

  static final List<Shape> ALL =
      List.of(
          new Shape("default", 15, 40, 41, 4, 0, 1),
          new Shape("cpu-heavy", 30, 34, 33, 3, 0, 2),
          new Shape("share-only", 10, 90, 0, 0, 0, 1),
          new Shape("multi-gpu", 10, 35, 35, 20, 0, 1),
          new Shape("typed", 15, 40, 41, 4, 33, 1));

  Shape {
    if (cpuOnly + shares + one + several != 100) {
      throw new IllegalArgumentException("The kinds of shape " + word + " are not a hundred.");
    }
  }

  static List<String> words() {
    return ALL.stream().map(Shape::word).toList();
  }
}
