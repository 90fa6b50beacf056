package gpu.kerf.extender.audit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The length of a MIG instance in the driver's units, from the name of its profile and the memory
 * of the GPU alone: the gigabytes in the name are a rounded part of the GPU's memory.
 */
final class MigSizes {
  private static final Pattern PROFILE = Pattern.compile("[0-9]+g\\.([0-9]{1,4})gb.*");
  private static final Pattern FOUR_SLICES = Pattern.compile("(?i)(.*[^a-z0-9])?A30([^0-9].*)?");
  private static final Pattern TWELVE_UNITS = Pattern.compile("(?i).*RTX.?PRO.*");
  private static final double MIB_OF_GB = 1024;

  private MigSizes() {}

  /** Units of the driver on a GPU of a model. */
  static int units(String model) {
    if (TWELVE_UNITS.matcher(model).matches()) {
      return 12;
    }
    return FOUR_SLICES.matcher(model).matches() ? 4 : 8;
  }

  /** Memory slices of a GPU of a model; a slice is one unit or more. */
  private static int slices(String model) {
    return units(model) == 8 ? 8 : 4;
  }

  /** The length; 0 where the name or the memory does not tell. */
  static int size(String model, long memoryMiB, String profile) {
    Matcher name = PROFILE.matcher(profile);
    if (!name.matches() || memoryMiB <= 0) {
      return 0;
    }
    int slices = slices(model);
    double part = Integer.parseInt(name.group(1)) * MIB_OF_GB / memoryMiB;
    long taken = Math.max(1, Math.min(slices, Math.round(part * slices)));
    return (int) taken * (units(model) / slices);
  }
}
