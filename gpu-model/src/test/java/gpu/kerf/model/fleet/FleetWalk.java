package gpu.kerf.model.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.fleet.Ledger.Claim;
import gpu.kerf.model.fleet.Ledger.Taking;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NaivePlacer;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeStates;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can happen to a ledger, in random order: pods come and go, nodes come, go and
 * change, others use GPUs, the clock jumps. After every step the touched nodes are checked.
 */
final class FleetWalk {

  private static final int NODES = 10;
  private static final int MOST_PODS = 60;

  private final Random random;
  private final Ledger ledger = new Ledger();
  private final Map<String, Long> foreign = new HashMap<>();
  private final Set<String> touched = new HashSet<>();
  private Placer placer = new Placer(Prices.neutral(ledger.fleet().models()));
  private long now = 1_000_000;
  private int pods;

  /** The entries as an observer knows them. */
  private final Map<String, Entry> told = new HashMap<>();

  /** What the walk has come by, so that a test can say that it came by everything. */
  final Map<String, Integer> seen = new HashMap<>();

  FleetWalk(long seed) {
    this.random = new Random(seed);
    ledger.observe(this::changed);
    for (int i = 0; i < NODES; i++) {
      ledger.putNode(RandomDemands.node(random, "n" + i));
    }
  }

  private void changed(@Nullable Entry before, @Nullable Entry after) {
    String uid = Objects.requireNonNull(after == null ? before : after).uid();
    assertThat(told.get(uid)).isEqualTo(before);
    if (after == null) {
      told.remove(uid);
    } else {
      told.put(uid, after);
    }
  }

  void step() {
    touched.clear();
    now += random.nextInt(50) == 0 ? -100 : random.nextInt(5);
    move();
    for (String node : touched) {
      FleetCheck.node(ledger, node, foreign.getOrDefault(node, 0L));
    }
    assertThat(told.values()).containsExactlyInAnyOrderElementsOf(ledger.entries());
  }

  void checkAll() {
    for (int i = 0; i < NODES; i++) {
      FleetCheck.node(ledger, "n" + i, foreign.getOrDefault("n" + i, 0L));
    }
    FleetCheck.againstRebuilt(ledger, foreign);
  }

  private void move() {
    int dice = random.nextInt(100);
    if (ledger.entries().size() > MOST_PODS) {
      release();
    } else if (dice < 22) {
      propose();
    } else if (dice < 45) {
      take();
    } else if (dice < 55) {
      confirm();
    } else if (dice < 75) {
      release();
    } else if (dice < 80) {
      expire();
    } else if (dice < 84) {
      adopt();
    } else if (dice < 88) {
      takeGang();
    } else if (dice < 90) {
      whatIf();
    } else if (dice < 91) {
      resize();
    } else if (dice < 95) {
      changeForeign();
    } else if (dice < 97) {
      putNode();
    } else if (dice < 98) {
      removeNode();
    } else if (random.nextInt(20) == 0) {
      rebuild();
    }
  }

  private void propose() {
    Placement placement = somewhere(random.nextInt(8) == 0 ? anySpec() : null);
    if (placement == null) {
      return;
    }
    Entry known = random.nextInt(4) == 0 ? anyEntry() : null;
    Holder holder = known == null ? newPod() : known.holder();
    touch(known);
    boolean held = known != null && known.state() != State.PROPOSED;

    boolean proposed = ledger.propose(holder, placement, now, random.nextInt(60));

    touch(placement);
    count("proposed " + proposed);
    assertThat(held && proposed).isFalse();
    assertThat(ledger.entry(holder.uid()))
        .isEqualTo(
            proposed
                ? Grants.entry(
                    ledger,
                    holder,
                    placement,
                    State.PROPOSED,
                    now,
                    expiresOf(ledger.entry(holder.uid())))
                : held ? known : null);
  }

  private static long expiresOf(@Nullable Entry entry) {
    return entry == null ? -1 : entry.expires();
  }

  private void take() {
    Entry known = random.nextInt(2) == 0 ? anyEntry() : null;
    Placement placement =
        known != null && random.nextInt(4) > 0
            ? known.placement()
            : somewhere(random.nextInt(4) == 0 ? anySpec() : null);
    if (placement == null) {
      return;
    }
    Holder holder = known == null ? newPod() : known.holder();
    Taking expected = expected(holder, placement);
    Set<Entry> before = new HashSet<>(ledger.entries());

    Taking taking = ledger.take(holder, placement, now);

    touch(known);
    touch(placement);
    count("take " + taking);
    assertThat(taking).as("%s for %s", placement, holder).isEqualTo(expected);
    if (taking == Taking.TAKEN) {
      Entry entry = Grants.entry(ledger, holder, placement, State.BINDING, now, Long.MAX_VALUE);
      assertThat(ledger.entry(holder.uid())).isEqualTo(entry);
      assertOnlyProposalsWent(before);
    } else {
      assertThat(new HashSet<>(ledger.entries())).isEqualTo(before);
    }
  }

  /** By the rules of the cards: proposals do not count, closed GPUs and overdrawn CPU do. */
  private Taking expected(Holder holder, Placement placement) {
    Entry known = ledger.entry(holder.uid());
    if (known != null && known.state() != State.PROPOSED) {
      return known.placement().node().equals(placement.node())
          ? Taking.HELD_ALREADY
          : Taking.HELD_ELSEWHERE;
    }
    NodeState node = ledger.fleet().node(placement.node());
    if (node == null) {
      return Taking.NO_SUCH_NODE;
    }
    List<Entry> holders = new ArrayList<>(FleetCheck.standing(ledger, node.spec()));
    holders.removeIf(entry -> entry.state() == State.PROPOSED);
    long closed = foreign.getOrDefault(node.name(), 0L);
    int cpu = node.spec().cpuMilli();
    int memory = node.spec().hostMemoryMiB();
    for (Entry entry : ledger.entriesOn(node.name())) {
      boolean counts = entry.state() != State.PROPOSED;
      cpu -= counts ? entry.placement().cpuMilli() : 0;
      memory -= counts ? entry.placement().hostMemoryMiB() : 0;
      closed |= counts && !holders.contains(entry) ? FleetCheck.closed(node.spec(), entry) : 0;
    }
    boolean host =
        placement.cpuMilli() <= Math.max(0, cpu)
            && placement.hostMemoryMiB() <= Math.max(0, memory);
    boolean open = (FleetCheck.gpus(placement) & closed) == 0;
    return host && open && FleetCheck.fits(node.spec(), holders, placement)
        ? Taking.TAKEN
        : Taking.NOT_FREE;
  }

  private void assertOnlyProposalsWent(Set<Entry> before) {
    for (Entry entry : before) {
      if (entry.state() != State.PROPOSED) {
        assertThat(ledger.entry(entry.uid())).isEqualTo(entry);
      }
    }
  }

  private void takeGang() {
    List<Claim> gang = new ArrayList<>();
    for (int i = 2 + random.nextInt(3); i > 0; i--) {
      Placement placement = somewhere(random.nextInt(6) == 0 ? anySpec() : null);
      if (placement != null) {
        gang.add(new Claim(newPod(), placement));
      }
    }
    Set<Entry> before = new HashSet<>(ledger.entries());

    Taking taking = ledger.takeAll(gang, now);

    gang.forEach(claim -> touch(claim.placement()));
    count("gang " + taking);
    if (taking == Taking.TAKEN) {
      gang.forEach(claim -> assertThat(ledger.entry(claim.holder().uid())).isNotNull());
      assertOnlyProposalsWent(before);
    } else {
      assertThat(new HashSet<>(ledger.entries())).isEqualTo(before);
    }
  }

  private void confirm() {
    Entry entry = anyEntry();
    if (entry != null) {
      touch(entry);
      count("confirm " + entry.state());
      assertThat(ledger.confirm(entry.uid(), now)).isEqualTo(entry.state() != State.PROPOSED);
    }
  }

  /** Up and down, also beyond what the node has; what no pod holds cannot be resized. */
  private void resize() {
    assertThat(ledger.resize("unknown", 1, 1)).isFalse();
    Entry entry = anyEntry();
    if (entry != null && entry.state() != State.PROPOSED) {
      touch(entry);
      int cpu = random.nextInt(3) == 0 ? entry.placement().cpuMilli() : random.nextInt(40_000);
      int memory = random.nextInt(1 << 16);
      count("resize " + (cpu > entry.placement().cpuMilli()));
      assertThat(ledger.resize(entry.uid(), cpu, memory)).isTrue();
      Entry resized = Objects.requireNonNull(ledger.entry(entry.uid()));
      Placement expected =
          new Placement(entry.placement().node(), entry.placement().containers(), cpu, memory);
      assertThat(resized.placement()).isEqualTo(expected);
      assertThat(resized.state()).isEqualTo(entry.state());
    }
  }

  private void release() {
    Entry entry = anyEntry();
    if (entry != null) {
      touch(entry);
      count("release " + entry.state());
      assertThat(ledger.release(entry.uid())).isTrue();
      assertThat(ledger.entry(entry.uid())).isNull();
    }
  }

  private void expire() {
    ledger.entries().stream().filter(entry -> entry.expires() <= now).forEach(this::touch);
    long over = ledger.entries().stream().filter(entry -> entry.expires() <= now).count();
    count("expire " + (over > 0));
    assertThat(ledger.expire(now)).isEqualTo((int) over);
  }

  /** Sometimes what the annotation says never was possible. */
  private void adopt() {
    NodeSpec spec = random.nextBoolean() ? anySpec() : null;
    Placement placement = somewhere(spec);
    if (placement == null) {
      return;
    }
    Grant grant = spec == null ? Grants.grant(ledger, placement) : Grant.of(placement, spec);
    Entry known = random.nextInt(4) == 0 ? anyEntry() : null;
    touch(known);
    Holder holder = known == null ? newPod() : known.holder();
    long since = now - (random.nextBoolean() ? random.nextInt(2000) : 0);
    Conflict conflict = ledger.adopt(holder, grant, since);
    touch(placement);
    count("adopt " + (conflict == null ? "well" : conflict.kind()));
    assertThat(ledger.entry(holder.uid())).isNotNull();
  }

  private void whatIf() {
    Set<String> uids = new HashSet<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      Entry entry = anyEntry();
      if (entry != null) {
        uids.add(entry.uid());
        touch(entry);
      }
    }
    Map<String, String> before = new HashMap<>();
    touched.forEach(node -> before.put(node, text(node)));

    Ledger.Undo undo = ledger.without(uids);
    boolean changed = touched.stream().anyMatch(node -> !text(node).equals(before.get(node)));
    undo.undo();

    count("what if " + changed);
    touched.forEach(node -> assertThat(text(node)).isEqualTo(before.get(node)));
  }

  private String text(String name) {
    NodeState node = ledger.fleet().node(name);
    return node == null ? "" : NodeStates.text(node);
  }

  private void changeForeign() {
    String name = anyName();
    long gpus = random.nextInt(3) > 0 ? 0 : random.nextInt(16);
    foreign.put(name, gpus);
    ledger.setForeign(name, gpus);
    touched.add(name);
  }

  private void putNode() {
    String name = anyName();
    NodeState known = ledger.fleet().node(name);
    NodeSpec spec =
        known != null && random.nextInt(3) > 0
            ? known.spec().withHost(random.nextInt(64_000), 1 << 20)
            : RandomDemands.node(random, name);
    ledger.putNode(spec);
    touched.add(name);
    if (placer.prices().models() < ledger.fleet().models().size()) {
      placer = new Placer(Prices.neutral(ledger.fleet().models()));
    }
  }

  private void removeNode() {
    String name = anyName();
    ledger.removeNode(name);
    foreign.remove(name);
    touched.add(name);
  }

  private void rebuild() {
    List<Entry> bound = new ArrayList<>();
    for (Entry entry : ledger.entries()) {
      if (entry.state() == State.BOUND && random.nextInt(10) > 0) {
        bound.add(entry);
      }
    }
    count("rebuild");
    assertThat(ledger.rebuild(bound)).isEqualTo(ledger.conflicts());
    assertThat(ledger.entries()).containsExactlyInAnyOrderElementsOf(bound);
    checkAll();
  }

  /**
   * Where a random pod could go: on a node as it stands, or, if a specification is given, on an
   * empty node that is like it, without looking at the ledger.
   */
  private @Nullable Placement somewhere(@Nullable NodeSpec spec) {
    PodDemand pod = RandomDemands.pod(random);
    PreparedDemand demand = new PreparedDemand(pod, ledger.fleet().models());
    NodeState known = ledger.fleet().node(anyName());
    NodeState node = spec != null ? new NodeState(spec, ledger.fleet().models()) : known;
    if (node == null || placer.prices().models() < ledger.fleet().models().size()) {
      return null;
    }
    if (placer.tryOn(demand, node)) {
      Placement placement = placer.placement(demand, node);
      assertThat(node.copy().take(placement)).as("%s can be taken", placement).isTrue();
      return placement;
    }
    if (random.nextInt(20) == 0) {
      assertThat(NaivePlacer.all(pod, node)).as("%s on %s", pod, NodeStates.text(node)).isEmpty();
      assertThat(placer.judge(demand, node).fits()).isFalse();
    }
    return null;
  }

  private NodeSpec anySpec() {
    NodeState known = ledger.fleet().node(anyName());
    return known != null && random.nextInt(3) > 0
        ? known.spec()
        : RandomDemands.node(random, anyName());
  }

  private String anyName() {
    return "n" + random.nextInt(NODES);
  }

  private @Nullable Entry anyEntry() {
    int number = ledger.entries().size();
    return number == 0
        ? null
        : ledger.entries().stream().skip(random.nextInt(number)).findFirst().orElseThrow();
  }

  private Holder newPod() {
    return Holder.of("p" + pods++);
  }

  private void touch(@Nullable Entry entry) {
    if (entry != null) {
      touched.add(entry.placement().node());
    }
  }

  private void touch(Placement placement) {
    touched.add(placement.node());
  }

  private void count(String what) {
    seen.merge(what, 1, Integer::sum);
  }
}
