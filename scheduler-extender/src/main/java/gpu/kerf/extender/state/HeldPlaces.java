package gpu.kerf.extender.state;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The places that are held in the ledger for pods that may start now: one pod, or all of a gang.
 *
 * <pre>
 *            hold                  every pod is bound
 *   (nothing) --> places are held ---------------------> landed
 *                     | the time is over       -------> timed out
 *                     | one place is lost      -------> lost
 *                     | release, or hold again -------> (nothing)
 * </pre>
 *
 * <p>The places of one work are taken all together or not at all, and given back together. No other
 * pod gets a held place, of any priority. A place is lost if its node changes so that it does not
 * stand any more, or if its pod ends. What a pod has already taken by its binding stays taken.
 */
public final class HeldPlaces {

  /** Hears what becomes of held places, after they were given back. */
  public interface Listener {

    /** Every pod of the work is bound. */
    default void landed(String workId) {}

    /** Not every pod of the work was bound in time. */
    default void timedOut(String workId) {}

    /** One place does not stand any more, so all were given back. */
    default void lost(String workId) {}

    /** kube-scheduler did not offer the node that is held for a pod, but only these. */
    default void excluded(String workId, String uid, Set<String> offered) {}
  }

  /** The places of one work. */
  private static final class Work {
    private final String id;
    private final Set<String> uids = new LinkedHashSet<>();
    private final long until;

    Work(String id, long until) {
      this.id = id;
      this.until = until;
    }
  }

  /** How the places of a work stand. */
  private enum Standing {
    HELD,
    LANDED,
    LOST
  }

  private final Ledger ledger;
  private final Proposals proposals;
  private final LongSupplier clock;
  private final Map<String, Work> works = new LinkedHashMap<>();
  private final Map<String, Work> byUid = new HashMap<>();
  private final List<Listener> listeners = new ArrayList<>();

  /**
   * @param clock goes forward only, in milliseconds
   */
  HeldPlaces(Ledger ledger, Proposals proposals, LongSupplier clock) {
    this.ledger = ledger;
    this.proposals = proposals;
    this.clock = clock;
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /**
   * Holds the places of a work, instead of what was held for it before. If one is not free, none is
   * held, and false is returned. Proposals yield to it.
   *
   * @param claims of pods that hold no slots by a binding; may be empty
   */
  public boolean hold(String workId, List<Ledger.Claim> claims, long millis) {
    release(workId);
    List<Entry> before = new ArrayList<>();
    List<String> held = new ArrayList<>();
    for (Ledger.Claim claim : claims) {
      if (!byUid.containsKey(claim.holder().uid()) && holdOne(claim, before)) {
        held.add(claim.holder().uid());
      } else {
        held.forEach(ledger::release);
        proposals.putBack(before);
        return false;
      }
    }
    Work work = new Work(workId, clock.getAsLong() + millis);
    work.uids.addAll(held);
    works.put(workId, work);
    held.forEach(uid -> byUid.put(uid, work));
    return true;
  }

  /**
   * @param before receives the proposals that were dropped for it
   */
  private boolean holdOne(Ledger.Claim claim, List<Entry> before) {
    Entry own = ledger.entry(claim.holder().uid());
    if (own != null && own.yields()) {
      before.add(own);
    }
    if (propose(claim)) {
      return true;
    }
    before.addAll(proposals.liftFrom(claim.placement().node()));
    return propose(claim);
  }

  private boolean propose(Ledger.Claim claim) {
    return ledger.propose(claim.holder(), claim.placement(), clock.getAsLong(), Long.MAX_VALUE);
  }

  /** Gives back what is held for any work. */
  public void releaseAll() {
    List.copyOf(works.keySet()).forEach(this::release);
  }

  /** Gives back what is held for a work; what its pods have taken stays taken. */
  public void release(String workId) {
    Work work = works.remove(workId);
    if (work == null) {
      return;
    }
    for (String uid : work.uids) {
      byUid.remove(uid);
      Entry entry = ledger.entry(uid);
      if (entry != null && entry.isHeld()) {
        ledger.release(uid);
      }
    }
  }

  /** The place that is held for a pod; null if there is none, or if it was taken already. */
  public @Nullable Placement of(String uid) {
    Work work = byUid.get(uid);
    Entry entry = work == null ? null : ledger.entry(uid);
    return entry != null && entry.isHeld() ? entry.placement() : null;
  }

  /** Whether places are held for a work. */
  public boolean has(String workId) {
    return works.containsKey(workId);
  }

  /** The pods of a work, held or bound; empty if nothing is held for it. */
  public Set<String> uids(String workId) {
    Work work = works.get(workId);
    return work == null ? Set.of() : Collections.unmodifiableSet(work.uids);
  }

  /** kube-scheduler offers a pod only these nodes, and its held one is not among them. */
  public void excluded(String uid, Set<String> offered) {
    Work work = byUid.get(uid);
    if (work != null) {
      listeners.forEach(each -> each.excluded(work.id, uid, offered));
    }
  }

  /** Finds out what became of every work; to be called when nodes change, and now and then. */
  public void look() {
    for (Work work : List.copyOf(works.values())) {
      Standing standing = standing(work);
      if (standing == Standing.HELD && clock.getAsLong() - work.until < 0) {
        continue;
      }
      release(work.id);
      for (Listener each : listeners) {
        switch (standing) {
          case HELD -> each.timedOut(work.id);
          case LANDED -> each.landed(work.id);
          case LOST -> each.lost(work.id);
        }
      }
    }
  }

  private Standing standing(Work work) {
    boolean landed = !work.uids.isEmpty();
    for (String uid : work.uids) {
      Entry entry = ledger.entry(uid);
      if (entry == null) {
        return Standing.LOST;
      }
      landed &= entry.state() == Entry.State.BOUND;
    }
    return landed ? Standing.LANDED : Standing.HELD;
  }
}
