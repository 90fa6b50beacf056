package gpu.kerf.model.placement;

import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.price.Prices;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What is free on a node right now: per GPU one byte of MIG occupancy, or free memory,
 * multiprocessors and clients.
 *
 * <p>Sets of GPUs are bits of a long. All arrays are indexed by the GPU's index on the node. The
 * class keeps count and refuses what does not fit; where something should go is {@link Placer}'s
 * business, and what the free part is worth {@link NodeWorth}'s.
 */
public final class NodeState {

  private final NodeSpec spec;
  private final GpuModels models;
  final int[] model;
  final int[] freeMiB;
  final int[] freeSm;
  final byte[] clients;
  final byte[] clientLimit;
  private final int[] shareableMiB;

  /**
   * Memory slices that are held, and of those the first slices of instances: together the exact MIG
   * layout.
   */
  final byte[] occupied;

  final byte[] starts;

  /** The same layout as its number in the model's geometry, which prices are looked up by. */
  final short[] layout;

  /** In mode MIG: which of the listed instances are held. */
  final int[] heldInstances;

  /**
   * Which media engines the held instances use, and behind it how many instances of each kind there
   * are.
   */
  final byte[] media;

  private final int[] mediaCounts;

  /** Per GPU how many holders stand on it that Kerf did not place, or cannot read. */
  private final byte[] foreign;

  private final long[] alike;
  final long plain;
  final long dynamic;
  final long fixed;

  /**
   * The GPUs that can be given whole, and those that can be shared by MPS. Where a DRA driver hands
   * them out, it must offer that; and it may offer a GPU in mode mig-dynamic as a whole too, while
   * nothing is cut out of it.
   */
  final long wholeable;

  final long sharable;

  /** Shares of some GPU have only certain sizes. */
  final boolean stepped;

  /** All GPUs that can be given whole are in one mode. */
  final boolean wholesAlike;

  /**
   * All GPUs are of one model and equally far from each other: which of them a demand gets makes no
   * difference.
   */
  final boolean uniform;

  final boolean allPlain;

  /** The model of all GPUs, or -1 where they differ or there is none. */
  final int onlyModel;

  /** Who hands its GPUs out, as a bit. */
  final int deliveryBit;

  /** Whether the node's CPU is counted. */
  final boolean cpuCounted;

  private long wholeHeld;

  /** The plain GPUs that have as many clients as they may, and those that hold media engines. */
  long crowded;

  long withMedia;

  /** The usable GPUs that can be given whole and of which no pod holds any part. */
  long untouched;

  /** The usable GPUs in mode mig-dynamic that are not given whole. */
  long cuttable;

  /**
   * The most memory that is free on one usable plain GPU, and the free memory of all GPUs together.
   */
  int largestFreeMiB;

  int totalFreeMiB;
  long unusable;
  int freeCpuMilli;
  int freeHostMiB;
  private int version;

  /**
   * The CPU that filling all free parts would ask for, as last worked out, by which prices and at
   * which version.
   */
  private long needMilli;

  private @Nullable Prices needBy;
  private int needVersion;

  public NodeState(NodeSpec spec, GpuModels models) {
    this.spec = spec;
    this.models = models;
    int gpus = spec.gpus().size();
    this.model = models.indexesOf(spec.gpus().stream().map(GpuSpec::model).toList());
    this.freeMiB = new int[gpus];
    this.freeSm = new int[gpus];
    this.clients = new byte[gpus];
    this.clientLimit = new byte[gpus];
    this.shareableMiB = spec.gpus().stream().mapToInt(GpuSpec::shareableMiB).toArray();
    this.occupied = new byte[gpus];
    this.starts = new byte[gpus];
    this.layout = new short[gpus];
    this.heldInstances = new int[gpus];
    this.media = new byte[gpus];
    this.mediaCounts = new int[gpus];
    this.foreign = new byte[gpus];
    this.alike = sameModels(model);
    this.plain = gpusIn(GpuMode.PLAIN);
    this.dynamic = gpusIn(GpuMode.MIG_DYNAMIC);
    this.fixed = gpusIn(GpuMode.MIG);
    this.wholeable = gpusWith(spec::givesWhole);
    this.sharable = gpusWith(spec::givesShares);
    this.stepped = gpusWith(gpu -> share(gpu) != null) != 0;
    this.wholesAlike = (wholeable & dynamic) == 0 || (wholeable & plain) == 0;
    for (int gpu = 0; gpu < gpus; gpu++) {
      boolean shared = (sharable >> gpu & 1) != 0;
      clientLimit[gpu] = (byte) (shared ? spec.gpus().get(gpu).mostClients() : 0);
      freeMiB[gpu] = mode(gpu) == GpuMode.PLAIN ? shareableMiB[gpu] : 0;
    }
    Arrays.fill(freeSm, 1000);
    this.freeCpuMilli = spec.cpuMilli();
    this.freeHostMiB = spec.hostMemoryMiB();
    this.allPlain = dynamic == 0 && fixed == 0;
    this.deliveryBit = spec.delivery().bit();
    this.cpuCounted = spec.cpuMilli() != NodeSpec.UNKNOWN;
    this.onlyModel = gpus > 0 && alike[0] == (-1L >>> (Long.SIZE - gpus)) ? model[0] : -1;
    this.uniform = onlyModel >= 0 && spec.topology().isUniform();
    changed();
  }

  private NodeState(NodeState other) {
    this.spec = other.spec;
    this.models = other.models;
    this.model = other.model;
    this.freeMiB = other.freeMiB.clone();
    this.freeSm = other.freeSm.clone();
    this.clients = other.clients.clone();
    this.clientLimit = other.clientLimit;
    this.shareableMiB = other.shareableMiB;
    this.occupied = other.occupied.clone();
    this.starts = other.starts.clone();
    this.layout = other.layout.clone();
    this.heldInstances = other.heldInstances.clone();
    this.media = other.media.clone();
    this.mediaCounts = other.mediaCounts.clone();
    this.foreign = other.foreign.clone();
    this.alike = other.alike;
    this.plain = other.plain;
    this.dynamic = other.dynamic;
    this.fixed = other.fixed;
    this.wholeable = other.wholeable;
    this.sharable = other.sharable;
    this.stepped = other.stepped;
    this.wholesAlike = other.wholesAlike;
    this.uniform = other.uniform;
    this.allPlain = other.allPlain;
    this.onlyModel = other.onlyModel;
    this.deliveryBit = other.deliveryBit;
    this.cpuCounted = other.cpuCounted;
    this.crowded = other.crowded;
    this.withMedia = other.withMedia;
    this.wholeHeld = other.wholeHeld;
    this.untouched = other.untouched;
    this.cuttable = other.cuttable;
    this.largestFreeMiB = other.largestFreeMiB;
    this.totalFreeMiB = other.totalFreeMiB;
    this.unusable = other.unusable;
    this.freeCpuMilli = other.freeCpuMilli;
    this.freeHostMiB = other.freeHostMiB;
    this.version = other.version;
  }

  private static long[] sameModels(int[] model) {
    long[] alike = new long[model.length];
    for (int gpu = 0; gpu < model.length; gpu++) {
      for (int other = 0; other < model.length; other++) {
        alike[gpu] |= model[gpu] == model[other] ? 1L << other : 0;
      }
    }
    return alike;
  }

  private DriverDevices.@Nullable Share share(int gpu) {
    DriverDevices devices = spec.devices();
    return devices == null ? null : devices.of(gpu).share();
  }

  /** The size of the share that a container gets of a GPU when it asks for so much. */
  int partOf(int gpu, int askedMiB) {
    DriverDevices.Share share = stepped && askedMiB > 0 ? share(gpu) : null;
    return share == null ? askedMiB : share.part(askedMiB);
  }

  private long gpusWith(IntPredicate property) {
    long set = 0;
    for (int gpu = 0; gpu < model.length; gpu++) {
      set |= property.test(gpu) ? 1L << gpu : 0;
    }
    return set;
  }

  private long gpusIn(GpuMode mode) {
    return gpusWith(gpu -> mode(gpu) == mode);
  }

  /** An independent state to try things on. */
  public NodeState copy() {
    return new NodeState(this);
  }

  /**
   * The CPU that pods that fill the free parts of all usable GPUs will ask for, in thousandths;
   * worked out again only after a change.
   */
  long needMilli(Prices prices) {
    if (needBy != prices || needVersion != version) {
      needMilli = NodeWorth.needMilli(this, prices);
      needBy = prices;
      needVersion = version;
    }
    return needMilli;
  }

  /** Whether a GPU is in mode mig-dynamic. */
  boolean isDynamic(int gpu) {
    return (dynamic >> gpu & 1) != 0;
  }

  /** Whether any GPU is in mode mig-dynamic. */
  public boolean hasDynamic() {
    return dynamic != 0;
  }

  /** The GPUs of the same model as one GPU, itself included. */
  long alike(int gpu) {
    return onlyModel >= 0 ? -1L : alike[gpu];
  }

  /** The number of one GPU's model. */
  int model(int gpu) {
    return onlyModel >= 0 ? onlyModel : model[gpu];
  }

  /** Whether it makes no difference which of two GPUs a pod gets. */
  boolean isTwin(int gpu, int other) {
    return uniform
        && mode(gpu) == mode(other)
        && mode(gpu) != GpuMode.MIG
        && isWholeable(gpu) == isWholeable(other)
        && isWholeHeld(gpu) == isWholeHeld(other)
        && clientLimit[gpu] == clientLimit[other]
        && shareableMiB[gpu] == shareableMiB[other]
        && freeMiB[gpu] == freeMiB[other]
        && freeSm[gpu] == freeSm[other]
        && clients[gpu] == clients[other]
        && layout[gpu] == layout[other]
        && media[gpu] == media[other]
        && mediaCounts[gpu] == mediaCounts[other];
  }

  /** The same node, empty and with every GPU usable. */
  NodeState emptied() {
    return new NodeState(spec, models);
  }

  /** Whether so much CPU and memory is free; nothing is free even where more than all is in use. */
  public boolean hasRoom(int cpuMilli, int hostMemoryMiB) {
    return cpuMilli <= Math.max(0, freeCpuMilli) && hostMemoryMiB <= Math.max(0, freeHostMiB);
  }

  /** Takes every slot of a placement, or none: false if any of it is not free. */
  public boolean take(Placement placement) {
    if (!hasRoom(placement.cpuMilli(), placement.hostMemoryMiB())) {
      return false;
    }
    List<Slot> slots = placement.slots();
    for (int i = 0; i < slots.size(); i++) {
      if (!isFree(slots.get(i))) {
        slots.subList(0, i).forEach(this::give);
        return false;
      }
      hold(slots.get(i));
    }
    freeCpuMilli -= placement.cpuMilli();
    freeHostMiB -= placement.hostMemoryMiB();
    version++;
    return true;
  }

  /** Takes CPU and memory although they may be overdrawn: what runs, runs. */
  public void force(Placement placement) {
    placement.slots().forEach(this::hold);
    freeCpuMilli -= placement.cpuMilli();
    freeHostMiB -= placement.hostMemoryMiB();
    version++;
  }

  /** Gives back what a placement took. */
  public void release(Placement placement) {
    placement.slots().forEach(this::give);
    freeCpuMilli += placement.cpuMilli();
    freeHostMiB += placement.hostMemoryMiB();
    version++;
  }

  /** Which media engines the held MIG instances of a GPU use, a bit each. */
  public int heldMedia(int gpu) {
    return media[gpu];
  }

  /** Whether a slot exists on this node, on a usable GPU, and no pod holds any of it. */
  public boolean isFree(Slot slot) {
    return exists(slot) && isUsable(slot.gpu()) && isUnheld(slot);
  }

  /** Whether the node has such a slot at all, held or not. */
  public boolean exists(Slot slot) {
    int gpu = slot.gpu();
    if (gpu >= model.length) {
      return false;
    }
    if (slot instanceof Slot.Mig mig) {
      return (dynamic >> gpu & 1) != 0
          ? isProfileOf(gpu, mig.profile())
          : instanceAt(gpu, mig) >= 0;
    }
    return slot instanceof Slot.Share share
        ? (sharable >> gpu & 1) != 0 && share.memoryMiB() <= shareable(gpu)
        : isWholeable(gpu);
  }

  /** Whether no pod holds any part of a slot that exists. */
  public boolean isUnheld(Slot slot) {
    int gpu = slot.gpu();
    if (slot instanceof Slot.Whole) {
      return !isWholeHeld(gpu) && clients[gpu] == 0 && occupied[gpu] == 0;
    }
    if (slot instanceof Slot.Share share) {
      return share.memoryMiB() <= freeMiB[gpu]
          && share.smMilli() <= freeSm[gpu]
          && clients[gpu] < clientLimit[gpu];
    }
    Slot.Mig mig = (Slot.Mig) slot;
    return (occupied[gpu] & mig.mask()) == 0
        && !isWholeHeld(gpu)
        && (!isDynamic(gpu) || mig.profile().media().fitsBeside(media[gpu]));
  }

  private boolean isProfileOf(int gpu, MigProfile profile) {
    return gpuModel(gpu).profiles().contains(profile);
  }

  private int instanceAt(int gpu, Slot.Mig slot) {
    List<MigInstance> instances = spec.gpus().get(gpu).instances();
    for (int i = 0; i < instances.size(); i++) {
      MigInstance instance = instances.get(i);
      if (instance.start() == slot.start() && instance.profile().equals(slot.profile())) {
        return i;
      }
    }
    return -1;
  }

  /** Takes one slot that is known to be free. */
  public void hold(Slot slot) {
    int gpu = slot.gpu();
    if (slot instanceof Slot.Whole) {
      wholeHeld |= 1L << gpu;
      freeMiB[gpu] -= isPlain(gpu) ? shareable(gpu) : 0;
    } else if (slot instanceof Slot.Share share) {
      freeMiB[gpu] -= share.memoryMiB();
      freeSm[gpu] -= share.smMilli();
      clients[gpu]++;
    } else {
      toggle((Slot.Mig) slot, true);
    }
    changed();
  }

  /** Gives one held slot back. */
  public void give(Slot slot) {
    int gpu = slot.gpu();
    if (slot instanceof Slot.Whole) {
      wholeHeld &= ~(1L << gpu);
      freeMiB[gpu] += isPlain(gpu) ? shareable(gpu) : 0;
    } else if (slot instanceof Slot.Share share) {
      freeMiB[gpu] += share.memoryMiB();
      freeSm[gpu] += share.smMilli();
      clients[gpu]--;
    } else {
      toggle((Slot.Mig) slot, false);
    }
    changed();
  }

  private void toggle(Slot.Mig slot, boolean held) {
    int gpu = slot.gpu();
    occupied[gpu] = (byte) with(occupied[gpu], slot.mask(), held);
    starts[gpu] = (byte) with(starts[gpu], 1 << slot.start(), held);
    layout[gpu] = (short) nextLayout(gpu, slot, held);
    countMedia(gpu, slot.profile().media().held(), held ? 1 : -1);
    int instance = (fixed >> gpu & 1) != 0 ? instanceAt(gpu, slot) : -1;
    if (instance >= 0) {
      heldInstances[gpu] = with(heldInstances[gpu], 1 << instance, held);
    }
  }

  private int nextLayout(int gpu, Slot.Mig slot, boolean held) {
    MigLayouts layouts = models.layouts(model[gpu]);
    int kind = layouts.kindOf(slot.profile());
    int start = slot.start();
    return held
        ? layouts.with(layout[gpu], kind, start)
        : layouts.without(layout[gpu], kind, start);
  }

  /** Counts the instances that hold an engine, which is one bit or none. */
  private void countMedia(int gpu, int engine, int change) {
    if (engine != 0) {
      int shift = Byte.SIZE * Integer.numberOfTrailingZeros(engine);
      mediaCounts[gpu] += change << shift;
      boolean stillHeld = (mediaCounts[gpu] >> shift & 0xff) != 0;
      media[gpu] = (byte) with(media[gpu], engine, stillHeld);
    }
  }

  private static int with(int bits, int mask, boolean set) {
    return set ? bits | mask : bits & ~mask;
  }

  /**
   * A pod that Kerf did not place uses this GPU, or it is unhealthy: nothing more goes there until
   * it is unblocked.
   */
  public void block(int gpu) {
    foreign[gpu]++;
    unusable |= 1L << gpu;
    changed();
  }

  public void unblock(int gpu) {
    if (--foreign[gpu] == 0) {
      unusable &= ~(1L << gpu);
    }
    changed();
  }

  public NodeSpec spec() {
    return spec;
  }

  public String name() {
    return spec.name();
  }

  public int gpus() {
    return model.length;
  }

  public GpuModel gpuModel(int gpu) {
    return spec.gpus().get(gpu).model();
  }

  public GpuMode mode(int gpu) {
    return spec.gpus().get(gpu).mode();
  }

  /** What is free on one GPU, as a value. */
  public GpuState gpu(int gpu) {
    return new GpuState(
        gpuModel(gpu),
        mode(gpu),
        (unusable >> gpu & 1) == 0,
        (wholeHeld >> gpu & 1) != 0,
        Math.max(0, freeMiB[gpu]),
        freeSm[gpu],
        clients[gpu],
        occupied[gpu] & 0xff,
        starts[gpu] & 0xff);
  }

  public int shareable(int gpu) {
    return shareableMiB[gpu];
  }

  public boolean isPlain(int gpu) {
    return (plain >> gpu & 1) != 0;
  }

  /** Whether it can be given whole. */
  public boolean isWholeable(int gpu) {
    return (wholeable >> gpu & 1) != 0;
  }

  /** Whether it can be shared by MPS. */
  public boolean isSharable(int gpu) {
    return (sharable >> gpu & 1) != 0;
  }

  /** Whether it is given whole. */
  public boolean isWholeHeld(int gpu) {
    return (wholeHeld >> gpu & 1) != 0;
  }

  /** A usable GPU that can be given whole and of which no pod holds any part. */
  public boolean isUntouched(int gpu) {
    return (untouched >> gpu & 1) != 0;
  }

  /** The usable GPUs that can be given whole and of which no pod holds any part. */
  public long untouched() {
    return untouched;
  }

  /** Keeps what is derived from the state in step with it. */
  private void changed() {
    version++;
    untouched = wholeable & ~wholeHeld & ~unusable;
    cuttable = dynamic & ~wholeHeld & ~unusable;
    largestFreeMiB = 0;
    totalFreeMiB = 0;
    crowded = 0;
    withMedia = 0;
    for (int gpu = 0; gpu < model.length; gpu++) {
      totalFreeMiB += freeOn(gpu);
      crowded |= clients[gpu] >= clientLimit[gpu] ? 1L << gpu : 0;
      withMedia |= media[gpu] != 0 ? 1L << gpu : 0;
      untouched &= clients[gpu] == 0 && occupied[gpu] == 0 ? -1L : ~(1L << gpu);
      if (isPlain(gpu) && isUsable(gpu)) {
        largestFreeMiB = Math.max(largestFreeMiB, freeMiB[gpu]);
      }
    }
  }

  public int freeMiB(int gpu) {
    return freeMiB[gpu];
  }

  public int freeSm(int gpu) {
    return freeSm[gpu];
  }

  /** Whether as many clients share a GPU as may. */
  public boolean isCrowded(int gpu) {
    return clients[gpu] >= clientLimit[gpu];
  }

  public int clients(int gpu) {
    return clients[gpu];
  }

  /** The memory that is free on one GPU, shared or in MIG slices. */
  public int freeOn(int gpu) {
    if (isPlain(gpu)) {
      return freeMiB[gpu];
    }
    if (isWholeHeld(gpu)) {
      return 0;
    }
    int slices = gpuModel(gpu).slices();
    int free = slices - Integer.bitCount(occupied(gpu));
    return (int) ((long) spec.gpus().get(gpu).memoryMiB() * free / slices);
  }

  /** The memory slices that are held, as bits. */
  public int occupied(int gpu) {
    return occupied[gpu] & 0xff;
  }

  /** The held MIG instances, as the number of their layout ({@link MigLayouts}). */
  public int layout(int gpu) {
    return layout[gpu];
  }

  /** The slices at which held MIG instances start, as bits. */
  public int starts(int gpu) {
    return starts[gpu] & 0xff;
  }

  public boolean isUsable(int gpu) {
    return (unusable >> gpu & 1) == 0;
  }

  public int freeCpuMilli() {
    return freeCpuMilli;
  }

  public int freeHostMiB() {
    return freeHostMiB;
  }

  /** Changes with every change of the state. */
  public int version() {
    return version;
  }
}
