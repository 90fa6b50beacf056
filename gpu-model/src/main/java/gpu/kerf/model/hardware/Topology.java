package gpu.kerf.model.hardware;

import java.util.Arrays;

/**
 * How near the GPUs of one node are to each other, as a distance per pair; lower is nearer.
 *
 * <p>NVLinks count first: a pair with more links is always nearer than a pair with fewer, and PCIe
 * and NUMA do not change that. Among pairs with as many links, one PCIe switch is nearer than one
 * NUMA node, and that nearer than anything else. Behind NVSwitch all pairs have equally many links,
 * so there PCIe and NUMA decide. Distances of a set add up over its pairs. MIG instances and MPS
 * shares cannot use links: the distance matters to demands for whole GPUs only.
 */
public final class Topology {

  /** How many GPUs a set of them, which is the bits of a long, can name. */
  public static final int MOST_GPUS = Long.SIZE;

  /** More links than any pair of GPUs has. */
  static final int MOST_LINKS = 31;

  private static final int SAME_SWITCH = 0;
  private static final int SAME_NUMA = 1;
  private static final int APART = 2;
  private static final int PER_LINK = 3;

  private final int size;
  private final byte[] distances;

  private Topology(int size, byte[] distances) {
    this.size = size;
    this.distances = distances;
  }

  /** A node of which nothing is known, or whose GPUs are all equally near. */
  public static Topology uniform(int gpus) {
    return of(gpus).build();
  }

  /** Begins a node with that many GPUs; pairs about which nothing is said are apart. */
  public static Builder of(int gpus) {
    return new Builder(gpus);
  }

  /** How many GPUs the node has. */
  public int size() {
    return size;
  }

  /** The distance of two GPUs, by index; 0 from one to itself. */
  public int distance(int one, int other) {
    return distances[one * size + other];
  }

  /** The distances of all pairs of a set, added up; bit i stands for GPU i. */
  public int distanceWithin(long gpus) {
    int sum = 0;
    for (long rest = gpus; rest != 0; rest &= rest - 1) {
      sum += distanceTo(Long.numberOfTrailingZeros(rest), rest & rest - 1);
    }
    return sum;
  }

  /** The distances from one GPU to each of a set, added up. */
  public int distanceTo(int gpu, long gpus) {
    int sum = 0;
    for (long rest = gpus; rest != 0; rest &= rest - 1) {
      sum += distances[gpu * size + Long.numberOfTrailingZeros(rest)];
    }
    return sum;
  }

  /** Whether all pairs are equally far, so that it does not matter which GPUs a demand gets. */
  public boolean isUniform() {
    for (int one = 0; one < size; one++) {
      for (int other = 0; other < one; other++) {
        if (distance(one, other) != distance(1, 0)) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Topology that
        && size == that.size
        && Arrays.equals(distances, that.distances);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(distances);
  }

  @Override
  public String toString() {
    return size + " GPUs " + Arrays.toString(distances);
  }

  /** Gathers what an inventory says of a node. */
  public static final class Builder {
    private static final int UNKNOWN_NUMA = -1;

    private final int size;
    private final byte[] links;
    private final boolean[] sameSwitch;
    private final int[] numa;

    private Builder(int gpus) {
      this.size = Require.between("number of GPUs of a node", gpus, 0, MOST_GPUS);
      this.links = new byte[gpus * gpus];
      this.sameSwitch = new boolean[gpus * gpus];
      this.numa = new int[gpus];
      Arrays.fill(numa, UNKNOWN_NUMA);
    }

    /** A pair has that many NVLinks, directly or through switches. */
    public Builder nvlink(int one, int other, int count) {
      Require.between("number of NVLinks", count, 1, MOST_LINKS);
      links[pair(one, other)] = (byte) count;
      links[pair(other, one)] = (byte) count;
      return this;
    }

    /** Every pair has that many NVLinks, as behind NVSwitch. */
    public Builder nvlinkAll(int count) {
      for (int one = 0; one < size; one++) {
        for (int other = 0; other < one; other++) {
          nvlink(one, other, count);
        }
      }
      return this;
    }

    /** A pair hangs on one PCIe switch. */
    public Builder pcieSwitch(int one, int other) {
      sameSwitch[pair(one, other)] = true;
      sameSwitch[pair(other, one)] = true;
      return this;
    }

    /**
     * The NUMA node of a GPU; a negative one, which is how Linux says "none", leaves it unknown.
     */
    public Builder numa(int gpu, int node) {
      numa[index(gpu)] = Math.max(node, UNKNOWN_NUMA);
      return this;
    }

    public Topology build() {
      byte[] distances = new byte[size * size];
      for (int one = 0; one < size; one++) {
        for (int other = 0; other < size; other++) {
          if (one != other) {
            distances[one * size + other] = (byte) distance(one, other);
          }
        }
      }
      return new Topology(size, distances);
    }

    private int distance(int one, int other) {
      return PER_LINK * (MOST_LINKS - links[one * size + other]) + hostDistance(one, other);
    }

    private int hostDistance(int one, int other) {
      if (sameSwitch[one * size + other]) {
        return SAME_SWITCH;
      }
      return numa[one] != UNKNOWN_NUMA && numa[one] == numa[other] ? SAME_NUMA : APART;
    }

    private int pair(int one, int other) {
      Require.that(
          one != other,
          "A link joins two GPUs.",
          () -> "GPU %d is linked to itself.".formatted(one));
      return index(one) * size + index(other);
    }

    private int index(int gpu) {
      Require.that(
          gpu >= 0 && gpu < size,
          "Indexes begin at 0.",
          () -> "The GPU index (%d) is none of the %d GPUs of the node.".formatted(gpu, size));
      return gpu;
    }
  }
}
