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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Which pod holds which slots.
 *
 * <pre>
 *              propose               take                confirm
 *   (nothing) ---------> PROPOSED ---------> BINDING ---------------> BOUND
 *       |                   | expire            | release               | release
 *       |                   v                   v                       v
 *       |               (nothing)           (nothing)               (nothing)
 *       +---- take (without a proposal) ------> BINDING
 *       +---- rebuild (what the API server says) -----------------> BOUND
 *
 *                    quarantine                    endQuarantine
 *   BINDING, BOUND --------------> QUARANTINED -------------------> (nothing)
 * </pre>
 *
 * <p>A proposal is a hint: it holds its slots against other proposals and yields to a pod that
 * takes them. A proposal without an end is a held place: it yields to no pod, and only its owner or
 * a change of its node ends it. When its node changes so that a proposal is not valid any more, it
 * is dropped and is never a conflict. BINDING and BOUND hold until released; no time-out frees a
 * slot that a container may be using. A pod that was deleted by force is QUARANTINED: its object is
 * gone, its containers may run on, and it holds its slots against all other pods until {@link
 * #endQuarantine}. Nothing evicts it, and {@link #release} does not free it, for it is no longer
 * the API server that knows when it ends. Time is a parameter, and a clock that goes backwards only
 * lets proposals live longer. One thread owns a ledger.
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

  /** Hears of every entry that comes, changes or goes; it must not change the ledger. */
  @FunctionalInterface
  public interface Observer {
    void changed(@Nullable Entry before, @Nullable Entry after);
  }

  private static final Comparator<Entry> OLDEST_FIRST =
      Comparator.comparingLong(Entry::since)
          .thenComparing(Entry::uid)
          .thenComparing(entry -> entry.placement().node());

  private static final Comparator<Entry> HELD_FIRST =
      Comparator.comparing(Entry::yields).thenComparing(OLDEST_FIRST);

  private final Fleet fleet = new Fleet();
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Map<String, Entry>> byNode = new HashMap<>();
  private final Map<String, Conflict> conflicts = new LinkedHashMap<>();
  private final Map<String, GpuSet> foreign = new HashMap<>();
  private final Map<String, Placement> withheld = new LinkedHashMap<>();

  /** By node, in the order of {@link ForeignHold#ORDER}. */
  private final Map<String, List<ForeignHold>> holds = new HashMap<>();

  /** Pods for which Kerf wrote claims; they may be in no entry. */
  private final Map<String, Integer> claimants = new HashMap<>();

  /** Nodes on which claims overlap what pods hold, or each other. */
  private final Set<String> overlaps = new HashSet<>();

  /** The pod that is about to take what its own claim holds; empty if none is. */
  private String taking = "";

  private Observer observer = (before, after) -> {};

  /** Tells one more observer of entries from now on; what is there already is not told. */
  public void observe(Observer other) {
    Observer earlier = observer;
    observer =
        (before, after) -> {
          earlier.changed(before, after);
          other.changed(before, after);
        };
  }

  public Fleet fleet() {
    return fleet;
  }

  /**
   * Makes a node known or changes what is known of it. What pods hold there is found again by the
   * UUIDs of GPUs and MIG instances; what is not found any more is a conflict.
   */
  public void putNode(NodeSpec spec) {
    fleet.put(spec);
    settle(spec.name());
  }

  /**
   * Forgets a node and what {@link #setForeign} and {@link #setHolds} said of it. Its entries stay,
   * as pods do when a node object is gone, and stand again when it comes back; proposals are
   * dropped.
   */
  public void removeNode(String name) {
    fleet.remove(name);
    foreign.remove(name);
    replaceHolds(name, List.of());
    settle(name);
  }

  /**
   * Sets the GPUs of a node, as bits, that others use or that cannot be used. A pod that holds a
   * part of them goes on holding it; proposals for them are dropped.
   */
  public void setForeign(String node, long gpus) {
    NodeState state = fleet.node(node);
    GpuSet known = foreign.getOrDefault(node, GpuSet.NONE);
    foreign.put(node, new GpuSet(gpus, state == null ? null : state.spec()));
    if (state != null) {
      long before = known.on(state.spec());
      eachGpu(state, gpus & ~before, state::block);
      eachGpu(state, before & ~gpus, state::unblock);
      proposalsOn(node).stream()
          .filter(proposal -> (gpusOf(proposal.placement()) & gpus) != 0)
          .forEach(proposal -> release(proposal.uid()));
    }
  }

  /**
   * Sets which devices of a node are allocated to claims. They are held like what pods hold. Where
   * they overlap what a pod holds, or each other, or cannot be found on the node, their GPUs get
   * nothing new. Proposals that stand in their way are dropped.
   */
  public void setHolds(String node, List<ForeignHold> claims) {
    List<ForeignHold> sorted = claims.stream().sorted(ForeignHold.ORDER).toList();
    List<ForeignHold> before = holdsOn(node);
    replaceHolds(node, sorted);
    if (fleet.node(node) != null && !holdsOn(node).equals(before)) {
      settle(node);
    }
  }

  private void replaceHolds(String node, List<ForeignHold> now) {
    List<ForeignHold> before = holds.remove(node);
    if (before != null) {
      before.forEach(hold -> claimants.computeIfPresent(hold.pod(), Ledger::lessOne));
    }
    if (!now.isEmpty()) {
      holds.put(node, now);
      now.stream()
          .filter(hold -> !hold.pod().isEmpty())
          .forEach(hold -> claimants.merge(hold.pod(), 1, Integer::sum));
    }
  }

  private static @Nullable Integer lessOne(String pod, Integer number) {
    return number == 1 ? null : Integer.valueOf(number - 1);
  }

  /** What claims hold of a node beside the pods of the ledger. */
  public List<ForeignHold> holdsOn(String node) {
    return holds.getOrDefault(node, List.of()).stream().filter(this::counts).toList();
  }

  /** The slots of what a claim holds, as its node is now; without those that are not found. */
  public List<Slot> slotsOf(ForeignHold hold) {
    NodeState node = fleet.node(hold.grant().node());
    return node == null ? List.of() : Resolution.of(hold.grant(), node.spec()).placement().slots();
  }

  /** What the ledger gave to a pod counts once, though its claim says it again. */
  private boolean counts(ForeignHold hold) {
    if (hold.pod().isEmpty()) {
      return true;
    }
    Entry known = entries.get(hold.pod());
    boolean given =
        known != null && known.state() != State.PROPOSED && known.grant().covers(hold.grant());
    return !given && !hold.pod().equals(taking);
  }

  /**
   * Withholds the CPU and memory that a pod will take of its node from all other pods, even if they
   * are not free yet: what other pods release there counts for it first. Once for each pod.
   */
  public void withhold(String uid, Placement placement) {
    giveBack(uid);
    Placement host = withoutSlots(placement);
    withheld.put(uid, host);
    NodeState node = fleet.node(host.node());
    if (node != null) {
      node.force(host);
    }
  }

  /** Gives back what was withheld for a pod. */
  public void giveBack(String uid) {
    Placement host = withheld.remove(uid);
    NodeState node = host == null ? null : fleet.node(host.node());
    if (host != null && node != null) {
      node.release(host);
    }
  }

  /**
   * The CPU and memory that a pod takes of its node have changed; its slots have not. Proposals for
   * which too little is left then are dropped. False if the pod holds nothing.
   */
  public boolean resize(String uid, int cpuMilli, int hostMemoryMiB) {
    Entry known = entries.get(uid);
    if (known == null) {
      return false;
    }
    Placement before = known.placement();
    if (before.cpuMilli() != cpuMilli || before.hostMemoryMiB() != hostMemoryMiB) {
      NodeState node = fleet.node(before.node());
      Placement after = new Placement(before.node(), before.containers(), cpuMilli, hostMemoryMiB);
      Grant grant = known.grant().resized(cpuMilli, hostMemoryMiB);
      Entry entry =
          new Entry(known.holder(), grant, after, known.state(), known.since(), known.expires());
      remember(entry);
      conflicts.computeIfPresent(uid, (same, was) -> new Conflict(entry, was.kind(), was.device()));
      if (node != null) {
        node.force(withoutSlots(after));
        node.release(withoutSlots(before));
        if (node.freeCpuMilli() < 0 || node.freeHostMiB() < 0) {
          settle(node.name());
        }
      }
    }
    return true;
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
    remember(entry(holder, placement, State.PROPOSED, now, later(now, millis)));
    return true;
  }

  private Entry entry(Holder holder, Placement placement, State state, long now, long expires) {
    NodeState node = Objects.requireNonNull(fleet.node(placement.node()));
    return new Entry(holder, Grant.of(placement, node.spec()), placement, state, now, expires);
  }

  private static long later(long now, long millis) {
    long then = now + millis;
    return millis > 0 && then < now ? Long.MAX_VALUE : then;
  }

  /** Takes slots for one pod. */
  public Taking take(Holder holder, Placement placement, long now) {
    return takeAll(List.of(new Claim(holder, placement)), now);
  }

  /**
   * Takes the slots of all claims or of none. Proposals that stand in the way are dropped if it
   * succeeds.
   */
  public Taking takeAll(List<Claim> claims, long now) {
    List<Entry> proposals = proposalsBefore(claims);
    List<String> taken = new ArrayList<>();
    for (Claim claim : claims) {
      Taking one = takeOne(claim, now);
      if (one != Taking.TAKEN && !(one == Taking.HELD_ALREADY && claims.size() > 1)) {
        taken.forEach(this::release);
        proposals.forEach(this::restore);
        return one;
      }
      if (one == Taking.TAKEN) {
        taken.add(claim.holder().uid());
      }
    }
    return Taking.TAKEN;
  }

  /** The proposals that claims could drop: their pods' own, and all on their nodes. */
  private List<Entry> proposalsBefore(List<Claim> claims) {
    Set<String> uids = new HashSet<>();
    Set<Entry> proposals = new LinkedHashSet<>();
    for (Claim claim : claims) {
      if (!uids.add(claim.holder().uid())) {
        throw new IllegalArgumentException(
            "Two claims are for the pod ("
                + claim.holder().uid()
                + ").\nA pod has one placement, with the slots of all its containers.");
      }
      Entry own = entries.get(claim.holder().uid());
      if (own != null && own.state() == State.PROPOSED) {
        proposals.add(own);
      }
      proposals.addAll(proposalsOn(claim.placement().node()));
    }
    return List.copyOf(proposals);
  }

  private Taking takeOne(Claim claim, long now) {
    Placement placement = claim.placement();
    Entry known = entries.get(claim.holder().uid());
    if (known != null && known.state() != State.PROPOSED) {
      return known.placement().node().equals(placement.node())
          ? Taking.HELD_ALREADY
          : Taking.HELD_ELSEWHERE;
    }
    if (fleet.node(placement.node()) == null) {
      return Taking.NO_SUCH_NODE;
    }
    release(claim.holder().uid());
    boolean claimant = claimants.containsKey(claim.holder().uid());
    if (claimant) {
      liftHoldsOf(claim.holder().uid(), placement.node());
    }
    if (!hold(placement) && !holdOverProposals(placement)) {
      if (claimant) {
        liftHoldsOf("", placement.node());
      }
      return Taking.NOT_FREE;
    }
    remember(entry(claim.holder(), placement, State.BINDING, now, Long.MAX_VALUE));
    if (claimant) {
      liftHoldsOf("", placement.node());
    }
    return Taking.TAKEN;
  }

  /** A pod may take what an earlier attempt to bind it has left to its claim; for none if empty. */
  private void liftHoldsOf(String uid, String node) {
    taking = uid;
    settle(node);
  }

  /** Asks the fleet for the node, because settling one puts a new state in its place. */
  private boolean hold(Placement placement) {
    NodeState node = fleet.node(placement.node());
    return node != null && node.take(placement);
  }

  private boolean holdOverProposals(Placement placement) {
    List<Entry> proposals = proposalsOn(placement.node()).stream().filter(Entry::yields).toList();
    proposals.forEach(proposal -> release(proposal.uid()));
    boolean held = hold(placement);
    proposals.forEach(this::restore);
    return held;
  }

  private void restore(Entry proposal) {
    if (!entries.containsKey(proposal.uid()) && hold(proposal.placement())) {
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
      remember(
          new Entry(
              known.holder(), known.grant(), known.placement(), State.BOUND, now, Long.MAX_VALUE));
      settleIfDisputed(known.placement().node());
    }
    return true;
  }

  /**
   * The pod is gone, or its binding was refused. False if the ledger does not know it, or if it is
   * quarantined: a late answer to a binding proves nothing about its containers.
   */
  public boolean release(String uid) {
    Entry known = entries.get(uid);
    if (known == null || known.state() == State.QUARANTINED) {
      return false;
    }
    free(known);
    return true;
  }

  /**
   * The pod object is gone, and its containers may still run. False if the pod holds no slots; its
   * proposal is dropped.
   */
  public boolean quarantine(String uid) {
    Entry known = entries.get(uid);
    if (known == null || known.state() == State.PROPOSED) {
      release(uid);
      return false;
    }
    if (known.state() != State.QUARANTINED) {
      remember(
          new Entry(
              known.holder(),
              known.grant(),
              known.placement(),
              State.QUARANTINED,
              known.since(),
              Long.MAX_VALUE));
      settleIfDisputed(known.placement().node());
    }
    return true;
  }

  /** The containers of a quarantined pod have surely ended. False if no such pod is quarantined. */
  public boolean endQuarantine(String uid) {
    Entry known = entries.get(uid);
    if (known == null || known.state() != State.QUARANTINED) {
      return false;
    }
    free(known);
    return true;
  }

  private void free(Entry known) {
    String name = known.placement().node();
    boolean disputed =
        hasConflictOn(name) || overlaps.contains(name) || claimants.containsKey(known.uid());
    forget(known);
    NodeState node = fleet.node(name);
    if (disputed) {
      settle(name);
    } else if (node != null) {
      node.release(known.placement());
    }
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
   * not stand. Of two entries with one uid the older counts.
   */
  public List<Conflict> rebuild(Collection<Entry> bound) {
    List<String> nodes = new ArrayList<>(byNode.keySet());
    entries.values().forEach(entry -> observer.changed(entry, null));
    entries.clear();
    byNode.clear();
    conflicts.clear();
    bound.stream()
        .sorted(OLDEST_FIRST)
        .filter(entry -> !entries.containsKey(entry.uid()))
        .forEach(this::remember);
    for (String name : byNode.keySet()) {
      if (!nodes.contains(name)) {
        nodes.add(name);
      }
    }
    nodes.forEach(this::settle);
    return conflicts();
  }

  /**
   * Adds a pod that was bound elsewhere, as its annotation says. Null if all is well. Old news of a
   * quarantined pod changes nothing.
   */
  public @Nullable Conflict adopt(Holder holder, Grant grant, long since) {
    if (isQuarantined(holder.uid())) {
      return conflicts.get(holder.uid());
    }
    release(holder.uid());
    remember(Entry.bound(holder, grant, since));
    settle(grant.node());
    return conflicts.get(holder.uid());
  }

  /** Lifts some pods off the fleet to see what would be; {@link Undo#undo} puts them back. */
  public Undo without(Collection<String> uids) {
    List<Entry> lifted = new ArrayList<>();
    for (String uid : new LinkedHashSet<>(uids)) {
      Entry entry = entries.get(uid);
      NodeState node = entry == null ? null : fleet.node(entry.placement().node());
      if (entry != null && node != null && !conflicts.containsKey(uid)) {
        node.release(entry.placement());
        lifted.add(entry);
      }
    }
    return () -> {
      lifted.forEach(entry -> state(entry).force(entry.placement()));
      lifted.clear();
    };
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

  private boolean isQuarantined(String uid) {
    Entry known = entries.get(uid);
    return known != null && known.state() == State.QUARANTINED;
  }

  public Collection<Entry> entries() {
    return Collections.unmodifiableCollection(entries.values());
  }

  /** Who holds slots on a node, in the order in which they came. */
  public Collection<Entry> entriesOn(String node) {
    Map<String, Entry> there = byNode.get(node);
    return there == null ? List.of() : Collections.unmodifiableCollection(there.values());
  }

  /** Why the placement of a pod does not stand; null if it does, or if the pod is not known. */
  public @Nullable Conflict conflict(String uid) {
    return conflicts.get(uid);
  }

  /** The pods whose placements do not stand, oldest first. */
  public List<Conflict> conflicts() {
    return conflicts.values().stream()
        .sorted(Comparator.comparing(Conflict::entry, OLDEST_FIRST))
        .toList();
  }

  private List<Entry> proposalsOn(String node) {
    return entriesOn(node).stream()
        .filter(entry -> entry.state() == State.PROPOSED)
        .sorted(HELD_FIRST)
        .toList();
  }

  private Map<String, Entry> entriesOf(String node) {
    return byNode.computeIfAbsent(node, name -> new LinkedHashMap<>());
  }

  private boolean hasConflictOn(String node) {
    return !conflicts.isEmpty()
        && conflicts.values().stream()
            .anyMatch(conflict -> conflict.entry().placement().node().equals(node));
  }

  private void remember(Entry entry) {
    Entry before = entries.put(entry.uid(), entry);
    entriesOf(entry.placement().node()).put(entry.uid(), entry);
    if (!entry.equals(before)) {
      observer.changed(before, entry);
    }
  }

  private void forget(Entry entry) {
    String name = entry.placement().node();
    Entry before = entries.remove(entry.uid());
    if (before != null) {
      observer.changed(before, null);
    }
    conflicts.remove(entry.uid());
    Map<String, Entry> there = entriesOf(name);
    there.remove(entry.uid());
    if (there.isEmpty()) {
      byNode.remove(name);
    }
  }

  private void settleIfDisputed(String node) {
    if (hasConflictOn(node)) {
      settle(node);
    }
  }

  /**
   * Builds one node's state again from its entries, each found again by the UUIDs of what it holds:
   * first what is bound or being bound, the oldest first, where what does not stand becomes a
   * conflict; then the proposals that still can stand.
   */
  private void settle(String name) {
    NodeState old = fleet.node(name);
    NodeState node = old == null ? null : fleet.put(old.spec());
    long closed = 0;
    for (Entry entry : entriesOn(name).stream().sorted(OLDEST_FIRST).toList()) {
      conflicts.remove(entry.uid());
      if (node != null) {
        closed |= settle(entry, node);
      } else if (entry.state() != State.PROPOSED) {
        conflicts.put(entry.uid(), new Conflict(entry, Conflict.Kind.NO_SUCH_NODE));
      }
    }
    if (node != null) {
      eachGpu(node, closed, node::block);
      eachGpu(node, foreign.getOrDefault(name, GpuSet.NONE).on(node.spec()), node::block);
      overlaps.remove(name);
      holdsOn(name).forEach(hold -> settle(hold, node));
      withheld.values().stream().filter(host -> host.node().equals(name)).forEach(node::force);
    }
    for (Entry proposal : proposalsOn(name)) {
      if (node == null || !node.take(proposal.placement())) {
        forget(proposal);
      }
    }
  }

  /**
   * Finds one entry again on its node, and holds its slots if it stands there. A pod that does not
   * stand runs all the same: its GPUs get nothing new, its CPU is in use.
   *
   * @return the GPUs that get nothing new for it, as bits
   */
  private long settle(Entry entry, NodeState node) {
    Resolution found = Resolution.of(entry.grant(), node.spec());
    Entry now = entry.at(found.placement());
    if (now.state() == State.PROPOSED) {
      keepIfFound(now, found);
      return 0;
    }
    remember(now);
    Conflict.Kind kind = found.trouble() != null ? found.trouble() : stand(node, now.placement());
    if (kind == null) {
      return 0;
    }
    conflicts.put(now.uid(), new Conflict(now, kind, found.device()));
    node.force(withoutSlots(now.placement()));
    return found.closed() | gpusOf(now.placement());
  }

  /** Holds what a claim has, or closes the GPUs where that cannot be. */
  private void settle(ForeignHold hold, NodeState node) {
    Resolution found = Resolution.of(hold.grant(), node.spec());
    Conflict.Kind kind = found.trouble() != null ? found.trouble() : stand(node, found.placement());
    if (kind != null) {
      overlaps.add(node.name());
      eachGpu(node, found.closed() | gpusOf(found.placement()), node::block);
    }
  }

  private void keepIfFound(Entry proposal, Resolution found) {
    if (found.trouble() == null) {
      remember(proposal);
    } else {
      forget(proposal);
    }
  }

  private static Placement withoutSlots(Placement placement) {
    return new Placement(
        placement.node(), List.of(), placement.cpuMilli(), placement.hostMemoryMiB());
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

  private static long gpusOf(Placement placement) {
    long gpus = 0;
    for (Slot slot : placement.slots()) {
      gpus |= 1L << slot.gpu();
    }
    return gpus;
  }

  private static void eachGpu(NodeState node, long gpus, IntConsumer action) {
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      if ((gpus >> gpu & 1) != 0) {
        action.accept(gpu);
      }
    }
  }
}
