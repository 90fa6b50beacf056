package gpu.kerf.extender.turn;

import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.Work;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what teams hold in step with the ledger. Slots are taken by pods that had their turn, by
 * pods that were bound before a restart or by another replica, and by pods that slipped past their
 * gates.
 */
final class Holdings {

  private static final PodDemand NOTHING = new PodDemand(List.of(), 0, 0);

  private final Scheduling scheduling;
  private final Gangs gangs;
  private final Lines lines;
  private final TurnCounts counts;

  Holdings(Scheduling scheduling, Gangs gangs, Lines lines, TurnCounts counts) {
    this.scheduling = scheduling;
    this.gangs = gangs;
    this.lines = lines;
    this.counts = counts;
  }

  /** Enters all that the ledger has, into an empty book. */
  void enterAll() {
    for (Entry entry : scheduling.ledger().entries()) {
      changed(null, entry);
    }
  }

  /**
   * An entry of the ledger has changed. Places that are held for work are entered by its turn;
   * hints hold nothing.
   *
   * @return whether a team holds less than before
   */
  boolean changed(@Nullable Entry before, @Nullable Entry after) {
    TeamBook book = lines.book();
    if (after == null) {
      return before != null && book.ended(before.uid());
    }
    if (after.state() == Entry.State.PROPOSED) {
      return false;
    }
    if (book.running(after.uid()) == null && !after.placement().containers().isEmpty()) {
      Work work = workOf(after);
      book.joins(work, new Ledger.Claim(after.holder(), after.placement()), after.since());
      lines.enter(work.id());
    }
    if (after.state() != Entry.State.BINDING) {
      countStart(before, after);
      book.bound(after.uid());
    }
    return false;
  }

  /** What was bound before a restart, or by another replica, has not started here. */
  private void countStart(@Nullable Entry before, Entry after) {
    Work work = lines.book().running(after.uid());
    if (work != null
        && before != null
        && before.state() == Entry.State.BINDING
        && after.state() == Entry.State.BOUND) {
      counts.started(work.team());
    }
  }

  private Work workOf(Entry entry) {
    WaitingPod waiting = lines.get(entry.uid());
    Gang gang = gangs.of(entry.uid());
    Holder holder = entry.holder();
    KnownPod pod = scheduling.pods().get(entry.uid());
    Work.Member member =
        new Work.Member(
            holder, pod == null ? NOTHING : pod.demand(), lines.longestMillis(holder.uid()));
    return new Work(
        gang == null ? holder.uid() : gang.key().id(),
        waiting == null
            ? lines.teamOf(holder.namespace(), lines.queueOf(holder.uid()))
            : waiting.team(),
        holder.priority(),
        waiting == null ? entry.since() : waiting.since(),
        List.of(member),
        1,
        !lines.isFixed(holder.uid()));
  }
}
