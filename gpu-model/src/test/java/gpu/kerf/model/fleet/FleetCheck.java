package gpu.kerf.model.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.GpuState;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.NodeStates;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a ledger at any time, worked out from its entries by the rules of the cards.
 */
final class FleetCheck {

  private static final Comparator<Entry> OLDEST_FIRST =
      Comparator.comparingLong(Entry::since).thenComparing(Entry::uid);

  private FleetCheck() {}

  /** The pods that stand on a node: the older before the younger, proposals last. */
  static List<Entry> standing(Ledger ledger, NodeSpec spec) {
    List<Entry> standing = new ArrayList<>();
    for (Entry entry : ledger.entriesOn(spec.name()).stream().sorted(OLDEST_FIRST).toList()) {
      if (entry.state() != State.PROPOSED
          && isFound(spec, entry)
          && fits(spec, standing, entry.placement())) {
        standing.add(entry);
      }
    }
    ledger.entriesOn(spec.name()).stream()
        .filter(entry -> entry.state() == State.PROPOSED)
        .forEach(standing::add);
    return standing;
  }

  /** Nodes here have no UUIDs: an index is good as long as the same models stand in one order. */
  private static boolean isFound(NodeSpec spec, Entry entry) {
    String composition = entry.grant().composition();
    return composition.isEmpty() || composition.equals(spec.composition());
  }

  /** What gets nothing new for a pod that does not stand. */
  static long closed(NodeSpec spec, Entry entry) {
    return isFound(spec, entry) ? gpus(entry.placement()) : -1L;
  }

  static boolean fits(NodeSpec spec, List<Entry> holders, Placement placement) {
    List<Slot> slots = new ArrayList<>(placement.slots());
    holders.forEach(holder -> slots.addAll(holder.placement().slots()));
    return problem(spec, slots) == null;
  }

  /** Why a node cannot have all these slots at once; null if it can. */
  static @Nullable String problem(NodeSpec spec, List<Slot> slots) {
    for (Slot slot : slots) {
      if (slot.gpu() >= spec.gpus().size()) {
        return "there is no GPU " + slot.gpu();
      }
    }
    for (int gpu = 0; gpu < spec.gpus().size(); gpu++) {
      int index = gpu;
      String problem = problem(spec, gpu, slots.stream().filter(s -> s.gpu() == index).toList());
      if (problem != null) {
        return "GPU " + gpu + ": " + problem;
      }
    }
    return null;
  }

  private static @Nullable String problem(NodeSpec spec, int index, List<Slot> slots) {
    GpuSpec gpu = spec.gpus().get(index);
    Use use = Use.of(slots);
    boolean mixed = use.wholes > 0 && use.shares + use.instances > 0;
    if (use.wholes > 1 || mixed) {
      return use.wholes + " hold it whole and " + use.shares + " share it";
    }
    if ((use.instances > 0 && gpu.mode() == GpuMode.PLAIN)
        || (use.shares > 0 && !spec.givesShares(index))
        || (use.wholes > 0 && !spec.givesWhole(index))) {
      return "slots of another mode than " + gpu.mode();
    }
    if (use.memoryMiB > gpu.shareableMiB()
        || use.smMilli > 1000
        || use.shares > gpu.model().mpsClientLimit()) {
      return "over 100 %: " + use.memoryMiB + " MiB, " + use.smMilli + " SM, " + use.shares;
    }
    if (use.overlapping || (use.extendedMedia > 1 && gpu.mode() == GpuMode.MIG_DYNAMIC)) {
      return "instances that exclude each other";
    }
    return slots.stream().allMatch(slot -> exists(gpu, slot)) ? null : "no such instance";
  }

  private static boolean exists(GpuSpec gpu, Slot slot) {
    if (!(slot instanceof Slot.Mig mig)) {
      return true;
    }
    return gpu.mode() == GpuMode.MIG_DYNAMIC
        ? gpu.model().profiles().contains(mig.profile())
        : gpu.instances().stream()
            .anyMatch(is -> is.start() == mig.start() && is.profile().equals(mig.profile()));
  }

  /** Compares what the ledger says of one node with what its entries say. */
  static void node(Ledger ledger, String name, long foreign) {
    NodeState node = ledger.fleet().node(name);
    if (node == null) {
      assertThat(ledger.entriesOn(name))
          .as("entries on %s, which is gone", name)
          .allMatch(entry -> isConflict(ledger, entry));
      return;
    }
    List<Entry> standing = standing(ledger, node.spec());
    List<Slot> slots = new ArrayList<>();
    standing.forEach(entry -> slots.addAll(entry.placement().slots()));
    assertThat(problem(node.spec(), slots)).as("%s", name).isNull();
    long closed = foreign;
    int cpu = node.spec().cpuMilli();
    int memory = node.spec().hostMemoryMiB();
    for (Entry entry : ledger.entriesOn(name)) {
      boolean stands = standing.contains(entry);
      assertThat(isConflict(ledger, entry)).as("%s is a conflict", entry).isEqualTo(!stands);
      closed |= stands ? 0 : closed(node.spec(), entry);
      cpu -= entry.placement().cpuMilli();
      memory -= entry.placement().hostMemoryMiB();
    }
    assertThat(node.freeCpuMilli()).as("CPU of %s", name).isEqualTo(cpu);
    assertThat(node.freeHostMiB()).as("memory of %s", name).isEqualTo(memory);
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      assertThat(node.gpu(gpu))
          .as("GPU %d of %s with %s", gpu, name, slots)
          .isEqualTo(expected(node.spec().gpus().get(gpu), gpu, slots, closed));
    }
  }

  private static GpuState expected(GpuSpec gpu, int index, List<Slot> slots, long closed) {
    Use use = Use.of(slots.stream().filter(slot -> slot.gpu() == index).toList());
    boolean plain = gpu.mode() == GpuMode.PLAIN;
    int free = plain && use.wholes == 0 ? gpu.shareableMiB() - use.memoryMiB : 0;
    return new GpuState(
        gpu.model(),
        gpu.mode(),
        (closed >> index & 1) == 0,
        use.wholes == 1,
        free,
        1000 - use.smMilli,
        use.shares,
        use.occupied,
        use.starts);
  }

  private static boolean isConflict(Ledger ledger, Entry entry) {
    return ledger.conflicts().stream().anyMatch(one -> one.entry().equals(entry));
  }

  static long gpus(Placement placement) {
    long gpus = 0;
    for (Slot slot : placement.slots()) {
      gpus |= 1L << slot.gpu();
    }
    return gpus;
  }

  /** Compares the whole ledger with one that is built from its entries. */
  static void againstRebuilt(Ledger ledger, Map<String, Long> foreign) {
    Ledger fresh = new Ledger();
    Map<String, String> texts = new HashMap<>();
    Fleet fleet = ledger.fleet();
    for (int i = fleet.limit() - 1; i >= 0; i--) {
      NodeState node = fleet.at(i);
      if (node != null) {
        fresh.putNode(node.spec());
        texts.put(node.name(), NodeStates.text(node));
      }
    }
    foreign.forEach(fresh::setForeign);
    fresh.rebuild(ledger.entries());

    assertThat(fresh.conflicts()).isEqualTo(ledger.conflicts());
    assertThat(fresh.entries()).containsExactlyInAnyOrderElementsOf(ledger.entries());
    texts.forEach(
        (name, text) ->
            assertThat(NodeStates.text(Objects.requireNonNull(fresh.fleet().node(name))))
                .isEqualTo(text));
  }

  /** What slots on one GPU add up to. */
  private static final class Use {
    int wholes;
    int shares;
    int instances;
    int memoryMiB;
    int smMilli;
    int occupied;
    int starts;
    int extendedMedia;
    boolean overlapping;

    static Use of(List<Slot> slots) {
      Use use = new Use();
      slots.forEach(use::add);
      return use;
    }

    private void add(Slot slot) {
      if (slot instanceof Slot.Whole) {
        wholes++;
      } else if (slot instanceof Slot.Share share) {
        shares++;
        memoryMiB += share.memoryMiB();
        smMilli += share.smMilli();
      } else {
        addInstance((Slot.Mig) slot);
      }
    }

    private void addInstance(Slot.Mig mig) {
      instances++;
      for (int slice = mig.start(); slice < mig.start() + mig.profile().size(); slice++) {
        overlapping |= (occupied >> slice & 1) != 0;
        occupied |= 1 << slice;
      }
      starts |= 1 << mig.start();
      extendedMedia += mig.profile().name().endsWith("+me") ? 1 : 0;
    }
  }
}
