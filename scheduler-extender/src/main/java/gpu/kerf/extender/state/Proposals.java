package gpu.kerf.extender.state;

import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The slots that pods will likely take after filter accepted them. Proposals are only hints for the
 * next filter call: if a pod fits nowhere beside them, it is judged without them.
 *
 * <p>Kept in the order in which they were made, so that expired ones can be dropped without reading
 * the whole ledger.
 */
public final class Proposals {

  private record Proposal(String uid, long expires) {}

  private final Ledger ledger;
  private final Deque<Proposal> inOrder = new ArrayDeque<>();
  private final Set<String> firm = new HashSet<>();

  Proposals(Ledger ledger) {
    this.ledger = ledger;
  }

  /**
   * The same for a pod for which others had to go: it yields to pods of higher priority alone.
   * False if the slots are not free.
   */
  public boolean reserve(Holder holder, Placement placement, long now, long millis) {
    boolean kept = ledger.propose(holder, placement, now, millis);
    if (kept) {
      inOrder.add(new Proposal(holder.uid(), now + millis));
      firm.add(holder.uid());
    }
    return kept;
  }

  /** Whether a proposal does not yield to a pod of this priority; a held place yields to none. */
  public boolean isFirm(String uid, int priority) {
    Entry entry = ledger.entry(uid);
    if (entry == null || entry.state() != Entry.State.PROPOSED) {
      return false;
    }
    return !entry.yields() || (firm.contains(uid) && entry.holder().priority() >= priority);
  }

  /** Drops those whose time is over. */
  public void expire(long now) {
    Proposal oldest = inOrder.peek();
    while (oldest != null && (oldest.expires <= now || !stands(oldest))) {
      if (stands(oldest)) {
        ledger.release(oldest.uid);
        firm.remove(oldest.uid);
      }
      inOrder.remove();
      oldest = inOrder.peek();
    }
  }

  private boolean stands(Proposal proposal) {
    Entry entry = ledger.entry(proposal.uid);
    return entry != null
        && entry.state() == Entry.State.PROPOSED
        && entry.expires() == proposal.expires;
  }

  /** Remembers where a pod will likely go; nothing if the slots are not free. */
  public void propose(Holder holder, Placement placement, long now, long millis) {
    if (millis > 0 && ledger.propose(holder, placement, now, millis)) {
      inOrder.add(new Proposal(holder.uid(), now + millis));
      firm.remove(holder.uid());
    }
  }

  /** Drops the proposal of a pod; what it holds otherwise stays, and so does a held place. */
  public void drop(String uid) {
    Entry entry = ledger.entry(uid);
    if (entry != null && entry.yields()) {
      ledger.release(uid);
    }
    firm.remove(uid);
  }

  /** Drops every proposal that yields to a pod of this priority; what was dropped. */
  public List<Entry> lift(int priority) {
    List<Entry> lifted = new ArrayList<>();
    for (String uid : uids(priority)) {
      Entry entry = ledger.entry(uid);
      if (entry != null && ledger.release(uid)) {
        lifted.add(entry);
      }
    }
    return lifted;
  }

  /** Drops every proposal on a node for which no other pod had to go; what was dropped. */
  List<Entry> liftFrom(String node) {
    List<Entry> lifted =
        ledger.entriesOn(node).stream()
            .filter(entry -> entry.yields() && !firm.contains(entry.uid()))
            .toList();
    lifted.forEach(entry -> ledger.release(entry.uid()));
    return lifted;
  }

  /** Puts proposals back that were lifted, where their slots are still free. */
  public void putBack(List<Entry> lifted) {
    for (Entry entry : lifted) {
      if (ledger.entry(entry.uid()) == null) {
        ledger.propose(
            entry.holder(), entry.placement(), entry.since(), entry.expires() - entry.since());
      }
    }
  }

  /** The uids of the pods for which one stands that yields to a pod of this priority. */
  public List<String> uids(int priority) {
    List<String> uids = new ArrayList<>(inOrder.size());
    for (Proposal proposal : inOrder) {
      if (stands(proposal) && !isFirm(proposal.uid, priority)) {
        uids.add(proposal.uid);
      }
    }
    return uids;
  }
}
