package gpu.kerf.model.hardware;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A kind of card: its memory, its multiprocessors, its MIG profiles and where each may start.
 *
 * <p>Two models with equal facts are equal. Live inventory beats what stands here: a node that
 * reports another amount of memory is believed.
 */
public final class GpuModel {

  private static final int LARGEST_PROFILE_TABLE = 15;
  private static final int VOLTA = 7;

  private final String name;
  private final List<String> aliases;
  private final String architecture;
  private final int computeMajor;
  private final int computeMinor;
  private final int memoryMiB;
  private final boolean memoryIsEstimate;
  private final int multiprocessors;
  private final int slices;
  private final int computeSlices;
  private final int placementUnit;
  private final List<MigProfile> profiles;
  private final MigGeometry geometry;

  private GpuModel(Builder builder) {
    this.name = builder.name;
    this.aliases = List.copyOf(builder.aliases);
    this.architecture = builder.architecture;
    this.computeMajor = builder.computeMajor;
    this.computeMinor = builder.computeMinor;
    this.memoryMiB = builder.memoryMiB;
    this.memoryIsEstimate = builder.memoryIsEstimate;
    this.multiprocessors = builder.multiprocessors;
    this.slices = builder.slices;
    this.computeSlices = builder.computeSlices;
    this.placementUnit = builder.placementUnit;
    this.profiles = builder.builtProfiles();
    this.geometry = new MigGeometry(builder.name, slices, computeSlices, profiles);
  }

  /** Begins a model of that catalogue name, e.g. {@code A100-40GB}. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /**
   * A card that no catalogue knows, but whose memory its node reports: it is shared by MPS or given
   * whole.
   */
  public static GpuModel plain(String name, int memoryMiB) {
    return named(name).memoryMiB(memoryMiB).build();
  }

  /** Its name in the catalogue. */
  public String name() {
    return name;
  }

  /** The names under which drivers and people know it. */
  public List<String> aliases() {
    return aliases;
  }

  /** NVIDIA's name for the generation, in lower case; empty = unknown. */
  public String architecture() {
    return architecture;
  }

  /** The CUDA compute capability before the dot; 0 = unknown. */
  public int computeMajor() {
    return computeMajor;
  }

  /** The CUDA compute capability after the dot. */
  public int computeMinor() {
    return computeMinor;
  }

  /** The total that NVML reports, which includes what the driver keeps for itself. */
  public int memoryMiB() {
    return memoryMiB;
  }

  /** Whether the total is not published, so that only a live report can be trusted. */
  public boolean memoryIsEstimate() {
    return memoryIsEstimate;
  }

  /**
   * What may be promised to MPS shares together: the lowest memory reported for the MIG profile of
   * the whole GPU, which is what the driver leaves to users; the total where no such report is
   * known.
   */
  public int shareableMiB() {
    MigProfile whole = wholeProfile();
    return whole != null && whole.promisesMemory() ? whole.memoryMiB() : memoryMiB;
  }

  public boolean migCapable() {
    return slices > 0;
  }

  /** Memory slices, the bits of an occupancy byte; 0 = no MIG. */
  public int slices() {
    return slices;
  }

  /** Compute slices; 0 = no MIG. */
  public int computeSlices() {
    return computeSlices;
  }

  /** How many units of the driver's placements make one slice. */
  public int placementUnit() {
    return placementUnit;
  }

  /** Streaming multiprocessors; 0 = unknown. */
  public int multiprocessors() {
    return multiprocessors;
  }

  /**
   * How many MPS clients may share the GPU at once: 48 since Volta, 16 before and where the
   * generation is unknown. Drivers since r590 (CUDA 13.1) document 60 under a condition on the
   * clients' environment, which cannot be promised for other people's containers.
   */
  public int mpsClientLimit() {
    return computeMajor >= VOLTA ? 48 : 16;
  }

  /** Its MIG profiles by memory, then compute slices, then name. */
  public List<MigProfile> profiles() {
    return profiles;
  }

  /** The profile of that name, alias or Kubernetes resource suffix ({@code 1g.10gb.me}). */
  public @Nullable MigProfile profile(String profileName) {
    for (MigProfile profile : profiles) {
      if (profile.isNamed(profileName)) {
        return profile;
      }
    }
    return null;
  }

  /** The plain profile that takes all memory slices. */
  public @Nullable MigProfile wholeProfile() {
    for (MigProfile profile : profiles) {
      if (profile.plain() && profile.size() == slices) {
        return profile;
      }
    }
    return null;
  }

  /** What fits beside what, for every occupancy. Empty tables where there is no MIG. */
  public MigGeometry geometry() {
    return geometry;
  }

  /**
   * The same card where only some MIG instances can be had, such as those that a DRA driver
   * publishes.
   *
   * @param starts at which memory slices instances of a profile may start, as bits
   */
  public GpuModel offering(ToIntFunction<MigProfile> starts) {
    List<MigProfile> placeable = profiles.stream().filter(MigProfile::placeable).toList();
    if (placeable.stream().allMatch(profile -> starts.applyAsInt(profile) == profile.starts())) {
      return this;
    }
    Builder builder = named(name);
    builder.aliases.addAll(aliases);
    builder.architecture = architecture;
    builder.computeMajor = computeMajor;
    builder.computeMinor = computeMinor;
    builder.memoryMiB = memoryMiB;
    builder.memoryIsEstimate = memoryIsEstimate;
    builder.multiprocessors = multiprocessors;
    for (MigProfile profile : placeable) {
      int offered = starts.applyAsInt(profile);
      if (offered != 0 && hasPlainAlike(profile, offered, placeable, starts)) {
        builder.profile(profile.startingAt(offered));
      }
    }
    return builder.profiles.isEmpty()
        ? builder.build()
        : builder.mig(slices, computeSlices, placementUnit).build();
  }

  /** A variant of a profile counts as the plain profile that lies where it lies. */
  private static boolean hasPlainAlike(
      MigProfile variant,
      int offered,
      List<MigProfile> profiles,
      ToIntFunction<MigProfile> starts) {
    return profiles.stream()
        .anyMatch(
            plain ->
                plain.plain()
                    && plain.size() == variant.size()
                    && plain.computeSlices() == variant.computeSlices()
                    && starts.applyAsInt(plain) == offered);
  }

  @Override
  public boolean equals(Object other) {
    return this == other || (other instanceof GpuModel that && sameCard(that) && sameMig(that));
  }

  private boolean sameCard(GpuModel that) {
    return name.equals(that.name)
        && aliases.equals(that.aliases)
        && architecture.equals(that.architecture)
        && computeMajor == that.computeMajor
        && computeMinor == that.computeMinor
        && memoryMiB == that.memoryMiB
        && memoryIsEstimate == that.memoryIsEstimate
        && multiprocessors == that.multiprocessors;
  }

  private boolean sameMig(GpuModel that) {
    return slices == that.slices
        && computeSlices == that.computeSlices
        && placementUnit == that.placementUnit
        && profiles.equals(that.profiles);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, memoryMiB);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Gathers the values of one model and refuses what contradicts itself. */
  public static final class Builder {
    private final String name;
    private final List<String> aliases = new ArrayList<>();
    private final List<MigProfile.Builder> profiles = new ArrayList<>();
    private String architecture = "";
    private int computeMajor;
    private int computeMinor;
    private int memoryMiB;
    private boolean memoryIsEstimate;
    private int multiprocessors;
    private int slices;
    private int computeSlices;
    private int placementUnit = 1;

    private Builder(String name) {
      this.name = Require.text("name of a GPU model", name);
    }

    public Builder alias(String alias) {
      aliases.add(Require.text("alias of " + name, alias));
      return this;
    }

    /** What NVML reports as total. */
    public Builder memoryMiB(int memoryMiB) {
      this.memoryMiB = Require.memoryMiB(name, memoryMiB);
      this.memoryIsEstimate = false;
      return this;
    }

    /** A guess at the total, good enough to tell cards of one name apart. */
    public Builder estimatedMemoryMiB(int memoryMiB) {
      this.memoryMiB = Require.memoryMiB(name, memoryMiB);
      this.memoryIsEstimate = true;
      return this;
    }

    public Builder architecture(String architecture) {
      this.architecture = Require.text("architecture of " + name, architecture);
      return this;
    }

    /** The CUDA compute capability, e.g. 9 and 0. */
    public Builder compute(int major, int minor) {
      this.computeMajor = Require.between("compute capability of " + name, major, 1, 99);
      this.computeMinor =
          Require.between("compute capability of " + name + " after the dot", minor, 0, 9);
      return this;
    }

    public Builder multiprocessors(int multiprocessors) {
      this.multiprocessors =
          Require.between("multiprocessors of " + name, multiprocessors, 1, 1000);
      return this;
    }

    /**
     * Makes it a GPU with MIG: its memory and compute slices, and the driver's placement units per
     * memory slice.
     */
    public Builder mig(int memorySlices, int computeSlices, int placementUnit) {
      this.slices = Require.between("memory slices of " + name, memorySlices, 1, Byte.SIZE);
      this.computeSlices =
          Require.between("compute slices of " + name, computeSlices, 1, Byte.SIZE);
      this.placementUnit =
          Require.between("placement units per slice of " + name, placementUnit, 1, 16);
      return this;
    }

    public Builder profile(MigProfile.Builder profile) {
      profiles.add(profile);
      return this;
    }

    public GpuModel build() {
      Require.that(
          memoryMiB > 0,
          "Write what nvidia-smi shows, in MiB.",
          () -> "The memory of %s is not given.".formatted(name));
      Require.that(
          profiles.isEmpty() == (slices == 0),
          "A GPU with MIG needs both, one without has neither.",
          () ->
              "GPU model %s has %d MIG profiles and %d memory slices."
                  .formatted(name, profiles.size(), slices));
      Require.between(
          "number of MIG profiles of " + name, profiles.size(), 0, LARGEST_PROFILE_TABLE);
      return new GpuModel(this);
    }

    private List<MigProfile> builtProfiles() {
      MigProfile.Scale scale = new MigProfile.Scale(placementUnit, multiprocessors, computeSlices);
      profiles.sort(MigProfile.Builder.ORDER);
      List<MigProfile> built = new ArrayList<>();
      for (MigProfile.Builder profile : profiles) {
        built.add(checked(profile.build(built.size(), scale), built));
      }
      return List.copyOf(built);
    }

    private MigProfile checked(MigProfile profile, List<MigProfile> before) {
      String which = "MIG profile " + profile.name() + " of " + name;
      Require.that(
          profile.memoryIsEstimate() || profile.memoryMiB() <= memoryMiB,
          "Maybe a digit too many.",
          () ->
              "The memory (%d MiB) of %s is more than the GPU has (%d MiB)."
                  .formatted(profile.memoryMiB(), which, memoryMiB));
      Require.that(
          profile.computeSlices() <= computeSlices,
          "Maybe the profile is of another GPU.",
          () ->
              "The compute slices (%d) of %s are more than the GPU has (%d)."
                  .formatted(profile.computeSlices(), which, computeSlices));
      Require.that(
          profile.multiprocessors() <= multiprocessors || multiprocessors == 0,
          "Maybe the profile is of another GPU.",
          () ->
              "The multiprocessors (%d) of %s are more than the GPU has (%d)."
                  .formatted(profile.multiprocessors(), which, multiprocessors));
      Require.that(
          profile.starts() << profile.size() >>> 1 < 1 << slices,
          "Starts count memory slices, not the driver's placement units.",
          () ->
              "A start of %s leaves no room for its size (%d) in %d slices."
                  .formatted(which, profile.size(), slices));
      for (MigProfile other : before) {
        refuseSharedName(profile, other);
      }
      return profile;
    }

    private void refuseSharedName(MigProfile one, MigProfile other) {
      boolean shared =
          one.isNamed(other.name())
              || other.isNamed(one.name())
              || one.aliases().stream().anyMatch(other::isNamed);
      Require.that(
          !shared,
          "Maybe a line was copied and not changed.",
          () ->
              "The MIG profiles %s and %s of %s share a name."
                  .formatted(other.name(), one.name(), name));
    }
  }
}
