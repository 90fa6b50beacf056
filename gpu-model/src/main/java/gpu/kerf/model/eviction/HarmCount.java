package gpu.kerf.model.eviction;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The harm of a set of victims that grows and shrinks at its end, like a stack.
 *
 * <p>It numbers groups and budgets once, so that counting them is an array access.
 */
final class HarmCount {

  private final long now;
  private final Budgets budgets;
  private final Map<String, Integer> works = new HashMap<>();
  private final Map<String, Integer> budgetNumbers = new HashMap<>();
  private final long[] ages;
  private final int[] hits;
  private final int[] left;
  private final Deque<Integer> lowerTops = new ArrayDeque<>();
  private int violations;
  private int top = Integer.MIN_VALUE;
  private int worksHit;
  private long prioritySum;
  private final Victims.@Nullable Tally tally;

  HarmCount(Request request, List<Candidate> onNode) {
    this.now = request.now();
    this.budgets = request.budgets();
    this.tally = request.victims() == null ? null : request.victims().tally();
    for (Candidate candidate : onNode) {
      works.putIfAbsent(candidate.work(), works.size());
      for (String budget : candidate.budgets()) {
        budgetNumbers.putIfAbsent(budget, budgetNumbers.size());
      }
    }
    this.hits = new int[works.size()];
    this.ages = new long[works.size()];
    this.left = new int[budgetNumbers.size()];
    onNode.forEach(this::addAge);
    budgetNumbers.forEach((budget, number) -> left[number] = budgets.allowedBy(budget));
  }

  private void addAge(Candidate candidate) {
    int work = numberOf(candidate.work(), works);
    ages[work] = saturated(ages[work], candidate.ageAt(now));
  }

  Victim victim(Candidate candidate) {
    int[] numbers =
        candidate.budgets().stream().mapToInt(name -> numberOf(name, budgetNumbers)).toArray();
    return new Victim(
        candidate, numberOf(candidate.work(), works), numbers, budgets.forbids(candidate));
  }

  private static int numberOf(String name, Map<String, Integer> numbers) {
    return numbers.getOrDefault(name, -1);
  }

  /** Ages of a corrupt clock add up to a lot, not to less than nothing. */
  private static long saturated(long one, long other) {
    long sum = one + other;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  void add(Victim victim) {
    lowerTops.push(top);
    top = Math.max(top, victim.candidate().priority());
    prioritySum += (long) victim.candidate().priority() - Integer.MIN_VALUE;
    worksHit += hits[victim.work()]++ == 0 ? 1 : 0;
    for (int budget : victim.budgets()) {
      violations += left[budget]-- <= 0 ? 1 : 0;
    }
    if (tally != null) {
      tally.add(victim.candidate());
    }
  }

  /** Takes back the last one that was added. */
  void remove(Victim victim) {
    top = lowerTops.pop();
    prioritySum -= (long) victim.candidate().priority() - Integer.MIN_VALUE;
    worksHit -= --hits[victim.work()] == 0 ? 1 : 0;
    for (int budget : victim.budgets()) {
      violations -= ++left[budget] <= 0 ? 1 : 0;
    }
    if (tally != null) {
      tally.remove(victim.candidate());
    }
  }

  /** Whether a binding budget is overdrawn, or too much goes together. */
  boolean isForbidden() {
    return (violations > 0 && budgets.mode() == Budgets.Mode.RESPECT)
        || (tally != null && tally.isTooMuch());
  }

  Harm harm() {
    return new Harm(violations, top, worksHit, prioritySum, lost(), lowerTops.size());
  }

  /** Counted anew: a sum that is capped cannot be taken back. */
  private long lost() {
    long sum = 0;
    for (int work = 0; work < hits.length; work++) {
      sum = hits[work] == 0 ? sum : saturated(sum, ages[work]);
    }
    return sum;
  }
}
