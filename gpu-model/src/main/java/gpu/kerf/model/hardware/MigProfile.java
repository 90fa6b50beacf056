package gpu.kerf.model.hardware;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One way to cut a MIG instance out of a GPU model: how many memory slices it takes, where it may
 * start, and what it can promise.
 *
 * <p>Sizes and starts count memory slices of the occupancy byte ({@link GpuModel#slices()}); only
 * {@link #driverStart(int)} speaks the driver's units. Compute slices and media engines are read
 * from the name ({@code 2g.20gb+me}); memory never is, for the number in a name is a rounded
 * fraction of the whole GPU.
 */
public final class MigProfile {

  private static final Pattern NAME =
      Pattern.compile("([1-9])g\\.([1-9][0-9]{0,3})gb(\\+me\\.all|\\+me|\\+gfx|-me)?");

  private static final int MIB_PER_GB = 1024;

  private final int index;
  private final String name;
  private final List<String> aliases;
  private final int computeSlices;
  private final int size;
  private final int starts;
  private final int placementUnit;
  private final int memoryMiB;
  private final int nominalMiB;
  private final boolean memoryIsEstimate;
  private final MediaEngines media;
  private final int maxInstances;
  private final int multiprocessors;
  private final int smMilli;

  private MigProfile(Builder builder, int index, int maxInstances, Scale scale) {
    this.index = index;
    this.name = builder.name;
    this.aliases = List.copyOf(builder.aliases);
    this.computeSlices = builder.computeSlices;
    this.size = builder.size;
    this.starts = builder.starts;
    this.placementUnit = scale.placementUnit();
    this.memoryMiB = builder.memoryMiB;
    this.nominalMiB = builder.nominalMiB;
    this.memoryIsEstimate = builder.memoryIsEstimate;
    this.media = MediaEngines.ofName(builder.name);
    this.maxInstances = maxInstances;
    this.multiprocessors = builder.multiprocessors;
    this.smMilli = scale.smMilli(builder.multiprocessors, builder.computeSlices);
  }

  /** Begins a profile of that name, e.g. {@code 1g.10gb+me}. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** Its place in {@link GpuModel#profiles()}. */
  public int index() {
    return index;
  }

  public String name() {
    return name;
  }

  /**
   * Other names that drivers have given the same profile: names are computed from driver totals and
   * drift.
   */
  public List<String> aliases() {
    return aliases;
  }

  public int computeSlices() {
    return computeSlices;
  }

  /** Memory slices it occupies; 0 where they are not published. */
  public int size() {
    return size;
  }

  /**
   * Bit s is set where an instance may start at memory slice s; 0 where the starts are not
   * published.
   */
  public int starts() {
    return starts;
  }

  /** Whether size and starts are known, so that it can be placed without asking the driver. */
  public boolean placeable() {
    return starts != 0;
  }

  /**
   * The lowest memory that any driver reported for it; 0 if no driver did. Kerf may promise that
   * much, unless it is an estimate.
   */
  public int memoryMiB() {
    return memoryMiB;
  }

  public boolean memoryIsEstimate() {
    return memoryIsEstimate;
  }

  /** Whether {@link #memoryMiB()} was reported by a driver and may be promised to a demand. */
  public boolean promisesMemory() {
    return !memoryIsEstimate;
  }

  /** The memory that its name says, which is more than it has. */
  public int nominalMiB() {
    return nominalMiB;
  }

  /** Whether it may serve a demand that does not name it. */
  public boolean isOrdinary() {
    return plain() && placeable();
  }

  public MediaEngines media() {
    return media;
  }

  /** Whether it offers graphics APIs ({@code +gfx}). */
  public boolean graphics() {
    return name.endsWith("+gfx");
  }

  /**
   * Neither media variant nor graphics variant: the profile that a demand for memory and compute
   * means.
   */
  public boolean plain() {
    return media == MediaEngines.ORDINARY && !graphics();
  }

  /** How many of them an empty GPU can hold. */
  public int maxInstances() {
    return maxInstances;
  }

  /** Its streaming multiprocessors; 0 = unknown. */
  public int multiprocessors() {
    return multiprocessors;
  }

  /**
   * Its thousandths of the GPU's multiprocessors, or of the compute slices where those are unknown;
   * rounded down.
   */
  public int smMilli() {
    return smMilli;
  }

  public boolean startsAt(int start) {
    return start >= 0 && start < Byte.SIZE && (starts >>> start & 1) != 0;
  }

  /** The slices that an instance at {@code start} occupies, as bits of the occupancy byte. */
  public int maskAt(int start) {
    if (!startsAt(start)) {
      throw new IllegalArgumentException(
          "A %s cannot start at memory slice %d.\nIt may start at %s."
              .formatted(name, start, startsText(1)));
    }
    return maskUnchecked(start);
  }

  /** What the driver, and the records that speak to it, call the start. */
  public int driverStart(int start) {
    return start * placementUnit;
  }

  /**
   * The memory slice of a start as the driver writes it, or -1 if the driver gives no such start.
   */
  public int sliceOfDriver(int driverStart) {
    boolean given = driverStart % placementUnit == 0 && startsAt(driverStart / placementUnit);
    return given ? driverStart / placementUnit : -1;
  }

  /** The memory slice of a start as the driver writes it. */
  public int startOfDriver(int driverStart) {
    if (sliceOfDriver(driverStart) < 0) {
      throw new IllegalArgumentException(
          "The start (%d) of a %s is none that the driver gives.\nIt gives %s."
              .formatted(driverStart, name, startsText(placementUnit)));
    }
    return driverStart / placementUnit;
  }

  int maskUnchecked(int start) {
    return ((1 << size) - 1) << start;
  }

  /**
   * Whether {@code wanted} names it: its name, an alias, or the form of its Kubernetes resource
   * ({@code 1g.5gb.me}).
   */
  boolean isNamed(String wanted) {
    return wanted.equals(name) || wanted.equals(name.replace('+', '.')) || aliases.contains(wanted);
  }

  private String startsText(int unit) {
    List<String> texts = new ArrayList<>();
    for (int start = 0; start < Byte.SIZE; start++) {
      if (startsAt(start)) {
        texts.add(String.valueOf(start * unit));
      }
    }
    return texts.isEmpty()
        ? "only where the driver says: its starts are not published"
        : String.join(", ", texts);
  }

  /** Begins the same profile with other starts, as bits. */
  Builder startingAt(int others) {
    Builder builder = named(name);
    builder.aliases.addAll(aliases);
    builder.size = size;
    builder.starts = others;
    builder.memoryMiB = memoryMiB;
    builder.memoryIsEstimate = memoryIsEstimate;
    builder.multiprocessors = multiprocessors;
    return builder;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MigProfile that
        && name.equals(that.name)
        && aliases.equals(that.aliases)
        && index == that.index
        && size == that.size
        && starts == that.starts
        && placementUnit == that.placementUnit
        && memoryMiB == that.memoryMiB
        && memoryIsEstimate == that.memoryIsEstimate
        && maxInstances == that.maxInstances
        && multiprocessors == that.multiprocessors
        && smMilli == that.smMilli;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, size, starts, memoryMiB);
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * What a profile takes from its GPU model: the driver's units per slice and what all of its
   * compute is.
   */
  record Scale(int placementUnit, int multiprocessors, int computeSlices) {
    int smMilli(int ofMultiprocessors, int ofComputeSlices) {
      return multiprocessors > 0 && ofMultiprocessors > 0
          ? ofMultiprocessors * 1000 / multiprocessors
          : ofComputeSlices * 1000 / computeSlices;
    }
  }

  /**
   * Gathers the values of one profile; {@link GpuModel.Builder#profile} makes it part of a model.
   */
  public static final class Builder {
    static final Comparator<Builder> ORDER =
        Comparator.<Builder>comparingInt(profile -> profile.memoryMiB)
            .thenComparingInt(profile -> profile.computeSlices)
            .thenComparing(profile -> profile.name);

    private final String name;
    private final List<String> aliases = new ArrayList<>();
    private final int computeSlices;
    private final int nominalMiB;
    private int size;
    private int starts;
    private int memoryMiB;
    private boolean memoryIsEstimate = true;
    private int maxInstances;
    private int multiprocessors;

    private Builder(String name) {
      Matcher matcher = NAME.matcher(name);
      Require.that(
          matcher.matches(),
          "Names look like 1g.10gb, 1g.10gb+me, 1g.24gb+me.all, 1g.24gb+gfx or 1g.24gb-me.",
          () -> "The MIG profile name (\"%s\") is not one.".formatted(name));
      this.name = name;
      this.computeSlices = name.charAt(0) - '0';
      this.nominalMiB = Integer.parseInt(matcher.group(2)) * MIB_PER_GB;
    }

    public Builder alias(String alias) {
      aliases.add(Require.text("alias of MIG profile " + name, alias));
      return this;
    }

    /** How many memory slices it takes and at which of them it may start. */
    public Builder placed(int size, int... starts) {
      this.size = Require.between("size of MIG profile " + name, size, 1, Byte.SIZE);
      for (int start : starts) {
        Require.between("start of MIG profile " + name, start, 0, Byte.SIZE - size);
        Require.that(
            (this.starts >>> start & 1) == 0,
            "Maybe another start was meant.",
            () -> "The start (%d) of MIG profile %s stands there twice.".formatted(start, name));
        this.starts |= 1 << start;
      }
      Require.that(
          this.starts != 0,
          "Maybe it was cut off.",
          () -> "MIG profile %s has a size but no starts.".formatted(name));
      return this;
    }

    /** The lowest memory that a driver reported. */
    public Builder memoryMiB(int memoryMiB) {
      this.memoryMiB = Require.memoryMiB("MIG profile " + name, memoryMiB);
      this.memoryIsEstimate = false;
      return this;
    }

    /** A guess, which must promise nothing. */
    public Builder estimatedMemoryMiB(int memoryMiB) {
      this.memoryMiB = Require.memoryMiB("MIG profile " + name, memoryMiB);
      this.memoryIsEstimate = true;
      return this;
    }

    /**
     * How many an empty GPU holds. Needed only where starts are unknown, else checked against them.
     */
    public Builder maxInstances(int maxInstances) {
      this.maxInstances =
          Require.between("maximum of MIG profile " + name, maxInstances, 1, Byte.SIZE);
      return this;
    }

    public Builder multiprocessors(int multiprocessors) {
      this.multiprocessors =
          Require.between("multiprocessors of MIG profile " + name, multiprocessors, 1, 1000);
      return this;
    }

    MigProfile build(int index, Scale scale) {
      return new MigProfile(this, index, checkedMaximum(), scale);
    }

    private int checkedMaximum() {
      if (starts == 0) {
        return maxInstances;
      }
      int most = MediaEngines.ofName(name).oncePerGpu() ? 1 : disjointStarts();
      Require.that(
          maxInstances == 0 || maxInstances == most,
          "Maybe a start is missing or the size is wrong.",
          () ->
              "The maximum (%d) of MIG profile %s is not what its starts allow (%d)."
                  .formatted(maxInstances, name, most));
      return most;
    }

    /** Taking the lowest start first is best for intervals of one size. */
    private int disjointStarts() {
      int count = 0;
      int end = 0;
      for (int start = 0; start < Byte.SIZE; start++) {
        if (start >= end && (starts >>> start & 1) != 0) {
          count++;
          end = start + size;
        }
      }
      return count;
    }
  }
}
