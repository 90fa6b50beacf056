package gpu.kerf.model.hardware;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The devices by which another program hands out the GPUs of a node: a DRA driver, or HAMi's device
 * plugin in MIG mode. They have the names that must be written for that program, which say nothing
 * else: a DRA driver tells where a device lies by the counters that it consumes, and HAMi's plugin
 * calls all instances of one profile the same.
 *
 * @param driver such as {@code gpu.nvidia.com}
 * @param pool the driver's pool that the devices are in; the node where there are no pools
 * @param gpus by index of {@link NodeSpec#gpus()}
 */
public record DriverDevices(String driver, String pool, List<OfGpu> gpus) {

  public DriverDevices {
    Require.text("name of a program that hands out GPUs", driver);
    Require.text("name of a pool of " + driver, pool);
    gpus = List.copyOf(gpus);
  }

  /**
   * The devices of one GPU.
   *
   * @param whole the device that is the whole GPU; null where the driver does not offer it
   * @param instances the MIG instances that exist or that the driver creates on demand
   * @param share the device of which memory can be consumed; null where the driver offers none. It
   *     may be the one that is the whole GPU
   */
  public record OfGpu(@Nullable String whole, List<Instance> instances, @Nullable Share share) {
    /** A GPU of which the driver offers nothing. */
    public static final OfGpu NOTHING = new OfGpu(null, List.of(), null);

    public OfGpu {
      instances = List.copyOf(instances);
    }

    /** The device of a MIG instance; null where the driver does not offer that place. */
    public @Nullable String instance(MigProfile profile, int start) {
      for (Instance each : instances) {
        if (each.start == start && each.profile.equals(profile)) {
          return each.device;
        }
      }
      return null;
    }
  }

  /** The device of a MIG instance; {@code start} counts slices of the model. */
  public record Instance(MigProfile profile, int start, String device) {}

  /**
   * A device that several allocations share by the memory that each consumes.
   *
   * @param leastMiB the smallest part, in MiB
   * @param stepMiB every part is the smallest one and a number of such steps
   */
  public record Share(String device, int memoryMiB, int leastMiB, int stepMiB) {
    public Share {
      Require.memoryMiB("the device " + device, memoryMiB);
      Require.between("smallest part of the device " + device, leastMiB, 1, memoryMiB);
      Require.between("step of parts of the device " + device, stepMiB, 1, memoryMiB);
    }

    /** The smallest part that is at least so large; it may be more than there is. */
    public int part(int askedMiB) {
      int steps = Math.max(0, (askedMiB - leastMiB + stepMiB - 1) / stepMiB);
      return leastMiB + steps * stepMiB;
    }
  }

  /** The device of a GPU by its index. */
  public OfGpu of(int gpu) {
    return gpus.get(gpu);
  }
}
