package gpu.kerf.model.eviction;

import gpu.kerf.model.placement.Slot;
import java.util.Comparator;

/** A candidate with the values that the search reads very often. */
final class Victim {

  /** Those whose going does most harm come first, and so are spared first. */
  static final Comparator<Victim> MOST_HARMFUL_FIRST =
      Comparator.comparing(Victim::scarce)
          .thenComparing(victim -> victim.candidate().priority())
          .reversed()
          .thenComparing(victim -> victim.candidate().since())
          .thenComparing(victim -> victim.candidate().uid());

  static final Comparator<Candidate> HIGHEST_PRIORITY_FIRST =
      Comparator.comparing(Candidate::priority).reversed().thenComparing(Candidate::uid);

  private final Candidate candidate;
  private final int work;
  private final int[] budgets;
  private final long gpus;
  private final boolean scarce;

  /**
   * @param work the number of its group, or its own
   * @param budgets the numbers of its budgets
   * @param scarce evicting it exceeds a budget even if no other pod is evicted
   */
  Victim(Candidate candidate, int work, int[] budgets, boolean scarce) {
    this.candidate = candidate;
    this.work = work;
    this.budgets = budgets;
    this.gpus = gpusOf(candidate);
    this.scarce = scarce;
  }

  Candidate candidate() {
    return candidate;
  }

  int work() {
    return work;
  }

  int[] budgets() {
    return budgets;
  }

  boolean scarce() {
    return scarce;
  }

  private static long gpusOf(Candidate candidate) {
    long gpus = 0;
    for (Slot slot : candidate.placement().slots()) {
      gpus |= 1L << slot.gpu();
    }
    return gpus;
  }

  /** 64 if it holds no GPU. */
  int firstGpu() {
    return Long.numberOfTrailingZeros(gpus);
  }

  boolean isOn(int gpu) {
    return (gpus >> gpu & 1) != 0;
  }
}
