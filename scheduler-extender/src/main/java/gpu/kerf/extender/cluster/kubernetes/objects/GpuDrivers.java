package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.kubernetes.inventory.Slice;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which DRA drivers hand out GPUs. That of NVIDIA does, and those that an administrator names; of
 * the others those that say so in their names, or in the name of the DeviceClass by which a device
 * was asked for, unless an administrator says otherwise.
 *
 * @param gpus drivers whose devices are GPUs
 * @param others drivers whose devices are none, be their names what they may
 */
public record GpuDrivers(Set<String> gpus, Set<String> others) {

  /** Where the settings name none. */
  public static final GpuDrivers USUAL = new GpuDrivers(Set.of(), Set.of());

  /** A word of a name. Network cards, channels of compute domains and the like have others. */
  private static final Pattern GPU = Pattern.compile("(^|[^a-z])(v?gpus?|mig)([^a-z]|$)");

  public GpuDrivers {
    gpus = Set.copyOf(gpus);
    others = Set.copyOf(others);
  }

  /**
   * Whether a device is a GPU, or a part of one.
   *
   * @param deviceClass by which it was asked for; empty if that is not known
   */
  boolean areOf(String driver, String deviceClass) {
    if (driver.equals(Slice.DRIVER) || gpus.contains(driver)) {
      return true;
    }
    return !others.contains(driver) && (saysSo(driver) || saysSo(deviceClass));
  }

  private static boolean saysSo(String driverOrClass) {
    return GPU.matcher(driverOrClass.toLowerCase(Locale.ROOT)).find();
  }
}
