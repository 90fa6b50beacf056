package gpu.kerf.model.demand;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;

/**
 * The MIG profiles of a GPU model that serve a demand.
 *
 * <p>An amount of memory is served by what has that memory. A part of a GPU, and an amount after
 * which MIG profiles are called, mean a part of everything: {@code 1g.20gb} has a quarter of the
 * memory and a seventh of the multiprocessors, so it is no quarter of a GPU, and {@code 2g.20gb}
 * is.
 */
final class ServingProfiles {

  private ServingProfiles() {}

  static List<MigProfile> of(Demand demand, GpuModel model) {
    Size size = demand.size();
    if (size instanceof Size.Profile named) {
      MigProfile profile = model.profile(named.name());
      return profile != null
              && profile.placeable()
              && profile.smMilli() >= demand.smMilli()
              && !demand.exceeds(profile.memoryMiB())
          ? List.of(profile)
          : List.of();
    }
    return size instanceof Size.Whole
        ? List.of()
        : model.profiles().stream()
            .filter(MigProfile::isOrdinary)
            .filter(profile -> !demand.exceeds(profile.memoryMiB()))
            .filter(profile -> hasMemory(profile, size, model))
            .filter(profile -> hasMultiprocessors(profile, demand, model))
            .toList();
  }

  /** Of a part, memory slices are counted: drivers keep some MiB of every instance. */
  private static boolean hasMemory(MigProfile profile, Size size, GpuModel model) {
    if (size instanceof Size.Fraction fraction) {
      return profile.size() * Milli.WHOLE >= fraction.part().value() * model.slices();
    }
    return size instanceof Size.Memory memory
        && profile.promisesMemory()
        && memory.amount().value() <= memory(profile, memory.nominal());
  }

  private static int memory(MigProfile profile, boolean nominal) {
    return nominal ? Math.max(profile.nominalMiB(), profile.memoryMiB()) : profile.memoryMiB();
  }

  private static boolean hasMultiprocessors(MigProfile profile, Demand demand, GpuModel model) {
    if (demand.sm() != null) {
      return profile.smMilli() >= demand.smMilli();
    }
    if (demand.size() instanceof Size.Fraction fraction) {
      return profile.computeSlices() >= nearest(fraction.part().value(), Milli.WHOLE, model);
    }
    MigProfile whole = model.wholeProfile();
    return !(demand.size() instanceof Size.Memory memory && memory.nominal())
        || whole == null
        || profile.computeSlices() >= nearest(memory.amount().value(), memory(whole, true), model);
  }

  /** The number of compute slices nearest to a part of all; half a slice is rounded down. */
  private static long nearest(long part, long whole, GpuModel model) {
    return (2 * part * model.computeSlices() + whole - 1) / (2 * whole);
  }
}
