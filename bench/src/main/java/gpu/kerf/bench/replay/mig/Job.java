package gpu.kerf.bench.replay.mig;

import java.util.List;

/**
 * A job with work to do on one MIG instance.
 *
 * @param id its name in the trace
 * @param profile the index of the profile that it runs on
 * @param runMs how long it runs there
 */
record Job(String id, int profile, long runMs, long arrivalMs) {

  /**
   * What a job may ask for, in MB, and what it gets: the profile, and the part of the GPU's compute
   * in percent that divides its work.
   */
  record Size(int memoryMb, String profile, int percent) {
    int index() {
      return Card.NAMES.indexOf(profile);
    }

    /** Work in percent-milliseconds takes this long, rounded up. */
    long runMs(long computeCoreMs) {
      return Math.floorDiv(computeCoreMs - 1, percent) + 1;
    }
  }

  static final List<Size> SIZES =
      List.of(
          new Size(10_240, "1g.10gb", 14),
          new Size(20_480, "2g.20gb", 28),
          new Size(40_960, "3g.40gb", 42),
          new Size(81_920, "7g.80gb", 100));
}
