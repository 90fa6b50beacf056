package gpu.kerf.model.team;

import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.Victims;
import java.util.function.Predicate;

/** All running work that a rule names; how much goes together does not matter. */
final class AnyWork implements Victims {

  private static final Tally NO_LIMIT =
      new Tally() {
        @Override
        public void add(Candidate candidate) {}

        @Override
        public void remove(Candidate candidate) {}

        @Override
        public boolean isTooMuch() {
          return false;
        }
      };

  private final TeamBook book;
  private final Predicate<RunningWork> rule;

  AnyWork(TeamBook book, Predicate<RunningWork> rule) {
    this.book = book;
    this.rule = rule;
  }

  /** Work of the same team and of lower priority. */
  static AnyWork ofLowerPriority(TeamBook book, Work than) {
    return new AnyWork(
        book,
        work ->
            !work.leaving
                && work.work.evictable()
                && work.work.team().equals(than.team())
                && work.work.priority() < than.priority());
  }

  /** Work of teams that have used up their budgets, and run on what no other team wants. */
  static AnyWork thatYields(TeamBook book) {
    return new AnyWork(
        book,
        work -> {
          TeamNode leaf = book.nodes().find(work.work.team());
          return !work.leaving && work.work.evictable() && leaf != null && leaf.yields();
        });
  }

  /** All work: it ends by itself some day. */
  static AnyWork thatEnds(TeamBook book) {
    return new AnyWork(book, work -> true);
  }

  @Override
  public boolean mayGo(Candidate candidate) {
    RunningWork work = book.runningOf(candidate.uid());
    return work != null && rule.test(work);
  }

  @Override
  public Tally tally() {
    return NO_LIMIT;
  }
}
