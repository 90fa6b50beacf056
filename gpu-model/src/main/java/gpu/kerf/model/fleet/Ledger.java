package gpu.kerf.model.fleet;

import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which slots.
 *
 * <pre>
 *              propose               take                confirm
 *   (nothing) ---------> PROPOSED ---------> BINDING ---------------> BOUND
 *       |                   | expire            | release               | release
 *       |                   v                   v                       v
 *       |               (nothing)           (nothing)               (nothing)
 *       +---- take (without a proposal) ------> BINDING
 *       +---- rebuild (what the API server says) -----------------> BOUND
 * </pre>
 *
 * <p>A proposal is a hint: it holds its slots against other proposals, and yields to whoever takes
 * them. BINDING and BOUND hold until released; no time-out frees a slot that a container may be
 * using. Time is a parameter, and a clock that goes backwards only lets proposals live longer. One
 * thread owns a ledger.
 */
public final class Ledger {

  /** What became of an attempt to take slots. */
  public enum Taking {
    TAKEN,
    /** The same pod holds slots on the same node already: an answer to a repeated call. */
    HELD_ALREADY,
    /** The same pod holds slots on another node. */
    HELD_ELSEWHERE,
    NOT_FREE,
    NO_SUCH_NODE
  }

  /** A pod and where it should go. */
  public record Claim(Holder holder, Placement placement) {}

  private static final Comparator<Entry> OLDEST_FIRST =
      Comparator.comparingLong(Entry::since).thenComparing(Entry::uid);

  private final Fleet fleet = new Fleet();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Map<String, Entry>> byNode = new HashMap<>();
  private final Map<String, Conflict> conflicts = new LinkedHashMap<>();
  private final Map<String, Long> foreign = new HashMap<>();

  public Fleet fleet() {
    return fleet;
  }

  /**
   * Makes a node known or changes what is known of it; whoever holds slots there goes on holding
   * them.
   */
  public void putNode(NodeSpec spec) {
    fleet.put(spec);
    settle(spec.name());
  }

  /**
   * Forgets a node. Its entries stay, as pods do when a node object is gone, and stand again when
   * it comes back.
   */
  public void removeNode(String name) {
    fleet.remove(name);
    foreign.remove(name);
    settle(name);
  }

  /** Says which GPUs of a node, as bits, somebody else uses or cannot be used. */
  public void setForeign(String node, long gpus) {
    NodeState state = fleet.node(node);
    long before = foreign.getOrDefault(node, 0L);
    foreign.put(node, gpus);
    if (state != null) {
      eachGpu(state, gpus & ~before, state::block);
      eachGpu(state, before & ~gpus, state::unblock);
    }
  }

  /**
   * Remembers where a pod will likely go. False if the slots are not free, or the pod holds slots
   * already.
   */
  public boolean propose(Holder holder, Placement placement, long now, long millis) {
    Entry known = entries.get(holder.uid());
    if (known != null && known.state() != State.PROPOSED) {
      return false;
    }
    release(holder.uid());
    NodeState node = fleet.node(placement.node());
    if (node == null || !node.take(placement)) {
      return false;
    }
    remember(new Entry(holder, placement, State.PROPOSED, now, now + millis));
    return true;
  }

  /** Takes slots for one pod. */
  public Taking take(Holder holder, Placement placement, long now) {
    return takeAll(List.of(new Claim(holder, placement)), now);
  }

  /** Takes the slots of all claims or of none. Proposals that stand in the way are dropped. */
  public Taking takeAll(List<Claim> claims, long now) {
    List<String> taken = new ArrayList<>();
    for (Claim claim : claims) {
      Taking one = takeOne(claim, now);
      if (one != Taking.TAKEN && !(one == Taking.HELD_ALREADY && claims.size() > 1)) {
        taken.forEach(this::release);
        return one;
      }
      if (one == Taking.TAKEN) {
        taken.add(claim.holder().uid());
      }
    }
    return Taking.TAKEN;
  }

  private Taking takeOne(Claim claim, long now) {
    Placement placement = claim.placement();
    Entry known = entries.get(claim.holder().uid());
    if (known != null && known.state() != State.PROPOSED) {
      return known.placement().node().equals(placement.node())
          ? Taking.HELD_ALREADY
          : Taking.HELD_ELSEWHERE;
    }
    NodeState node = fleet.node(placement.node());
    if (node == null) {
      return Taking.NO_SUCH_NODE;
    }
    release(claim.holder().uid());
    if (!node.take(placement) && !takeFromProposals(node, placement)) {
      return Taking.NOT_FREE;
    }
    remember(new Entry(claim.holder(), placement, State.BINDING, now, Long.MAX_VALUE));
    return Taking.TAKEN;
  }

  private boolean takeFromProposals(NodeState node, Placement placement) {
    List<Entry> proposals = proposalsOn(node.name());
    for (Entry proposal : proposals) {
      release(proposal.uid());
      if (node.take(placement)) {
        return true;
      }
    }
    proposals.forEach(this::restore);
    return false;
  }

  private void restore(Entry proposal) {
    NodeState node = fleet.node(proposal.placement().node());
    if (node != null && node.take(proposal.placement())) {
      remember(proposal);
    }
  }

  /** The API server has accepted the binding. False if the pod takes no slots here. */
  public boolean confirm(String uid, long now) {
    Entry known = entries.get(uid);
    if (known == null || known.state() == State.PROPOSED) {
      return false;
    }
    if (known.state() == State.BINDING) {
      replace(new Entry(known.holder(), known.placement(), State.BOUND, now, Long.MAX_VALUE));
    }
    return true;
  }

  /** The pod is gone, or its binding was refused. False if the ledger does not know it. */
  public boolean release(String uid) {
    Entry known = entries.remove(uid);
    if (known == null) {
      return false;
    }
    String name = known.placement().node();
    entriesOf(name).remove(uid);
    if (byNodeIsEmpty(name)) {
      byNode.remove(name);
    }
    if (conflicts.containsKey(uid) || hasConflictOn(name)) {
      conflicts.remove(uid);
      settle(name);
      return true;
    }
    NodeState node = fleet.node(name);
    if (node != null) {
      node.release(known.placement());
    }
    return true;
  }

  /** Drops the proposals whose time is over; how many. */
  public int expire(long now) {
    List<String> over = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (entry.state() == State.PROPOSED && entry.expires() <= now) {
        over.add(entry.uid());
      }
    }
    over.forEach(this::release);
    return over.size();
  }

  /**
   * Forgets everything that is held and starts again from what is written on bound pods; what does
   * not stand.
   */
  public List<Conflict> rebuild(Collection<Entry> bound) {
    List<String> nodes = new ArrayList<>(byNode.keySet());
    entries.clear();
    byNode.clear();
    conflicts.clear();
    bound.stream().sorted(OLDEST_FIRST).forEach(this::remember);
    for (String name : byNode.keySet()) {
      if (!nodes.contains(name)) {
        nodes.add(name);
      }
    }
    nodes.forEach(this::settle);
    return conflicts();
  }

  /** Adds a pod that was bound elsewhere, as its annotation says. Null if all is well. */
  public @Nullable Conflict adopt(Holder holder, Placement placement, long since) {
    release(holder.uid());
    Entry entry = new Entry(holder, placement, State.BOUND, since, Long.MAX_VALUE);
    proposalsOn(placement.node()).forEach(proposal -> release(proposal.uid()));
    remember(entry);
    settle(placement.node());
    return conflicts.get(holder.uid());
  }

  /** Lifts some pods off the fleet to see what would be; {@link Undo#undo} puts them back. */
  public Undo without(Collection<String> uids) {
    List<Entry> lifted = new ArrayList<>();
    for (String uid : uids) {
      Entry entry = entries.get(uid);
      NodeState node = entry == null ? null : fleet.node(entry.placement().node());
      if (entry != null && node != null && !conflicts.containsKey(uid)) {
        node.release(entry.placement());
        lifted.add(entry);
      }
    }
    return () -> lifted.forEach(entry -> state(entry).force(entry.placement()));
  }

  private NodeState state(Entry entry) {
    NodeState node = fleet.node(entry.placement().node());
    if (node == null) {
      throw new IllegalStateException(
          "Node " + entry.placement().node() + " was removed during a what-if.");
    }
    return node;
  }

  /** Puts back what a what-if changed. */
  @FunctionalInterface
  public interface Undo {
    void undo();
  }

  public @Nullable Entry entry(String uid) {
    return entries.get(uid);
  }

  public Collection<Entry> entries() {
    return Collections.unmodifiableCollection(entries.values());
  }

  /** Who holds slots on a node, in the order in which they came. */
  public Collection<Entry> entriesOn(String node) {
    Map<String, Entry> there = byNode.get(node);
    return there == null ? List.of() : Collections.unmodifiableCollection(there.values());
  }

  /** The pods whose placements do not stand, oldest first. */
  public List<Conflict> conflicts() {
    return List.copyOf(conflicts.values());
  }

  private List<Entry> proposalsOn(String node) {
    return entriesOn(node).stream()
        .filter(entry -> entry.state() == State.PROPOSED)
        .sorted(OLDEST_FIRST)
        .toList();
  }

  private Map<String, Entry> entriesOf(String node) {
    return byNode.computeIfAbsent(node, name -> new LinkedHashMap<>());
  }

  private boolean byNodeIsEmpty(String node) {
    return entriesOf(node).isEmpty();
  }

  private boolean hasConflictOn(String node) {
    return !conflicts.isEmpty()
        && conflicts.values().stream()
            .anyMatch(conflict -> conflict.entry().placement().node().equals(node));
  }

  private void remember(Entry entry) {
    entries.put(entry.uid(), entry);
    entriesOf(entry.placement().node()).put(entry.uid(), entry);
  }

  private void replace(Entry entry) {
    remember(entry);
  }

  /**
   * Builds one node's state again from its entries, the oldest first; the ones that do not stand
   * become conflicts.
   */
  private void settle(String name) {
    NodeState old = fleet.node(name);
    NodeState node = old == null ? null : fleet.put(old.spec());
    if (node != null) {
      eachGpu(node, foreign.getOrDefault(name, 0L), node::block);
    }
    for (Entry entry : entriesOn(name).stream().sorted(OLDEST_FIRST).toList()) {
      conflicts.remove(entry.uid());
      Conflict.Kind kind =
          node == null ? Conflict.Kind.NO_SUCH_NODE : stand(node, entry.placement());
      if (kind != null) {
        conflicts.put(entry.uid(), new Conflict(entry, kind));
      }
    }
    if (node != null) {
      for (Entry entry : entriesOn(name)) {
        if (conflicts.containsKey(entry.uid())) {
          blockGpus(node, entry.placement());
        }
      }
    }
  }

  private static Conflict.@Nullable Kind stand(NodeState node, Placement placement) {
    List<Slot> held = new ArrayList<>();
    for (Slot slot : placement.slots()) {
      if (!node.exists(slot) || !node.isUnheld(slot)) {
        held.forEach(node::give);
        return node.exists(slot) ? Conflict.Kind.SLOT_HELD : Conflict.Kind.NO_SUCH_SLOT;
      }
      node.hold(slot);
      held.add(slot);
    }
    held.forEach(node::give);
    node.force(placement);
    return null;
  }

  private static void blockGpus(NodeState node, Placement placement) {
    long gpus = 0;
    for (Slot slot : placement.slots()) {
      gpus |= 1L << slot.gpu();
    }
    eachGpu(node, gpus, node::block);
  }

  private static void eachGpu(NodeState node, long gpus, IntConsumer action) {
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if ((gpus >> gpu & 1) != 0) {
        action.accept(gpu);
      }
    }
  }
}
