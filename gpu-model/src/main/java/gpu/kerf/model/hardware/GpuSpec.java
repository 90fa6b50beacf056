package gpu.kerf.model.hardware;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One GPU of a node as its inventory describes it.
 *
 * @param uuid the driver's name for it, or null where only the index is known; blank is not known
 * @param memoryMiB what the driver reports for this card; live inventory wins over the catalogue
 * @param instances the MIG instances that exist; only in mode {@link GpuMode#MIG}
 * @param mostClients how many containers may share it while it is plain
 */
public record GpuSpec(
    @Nullable String uuid,
    GpuModel model,
    int memoryMiB,
    GpuMode mode,
    List<MigInstance> instances,
    int mostClients) {

  public GpuSpec {
    uuid = uuid == null || uuid.isBlank() ? null : uuid;
    instances = List.copyOf(instances);
    Require.memoryMiB("a " + model.name(), memoryMiB);
    if (mostClients < 1 || mostClients > Byte.MAX_VALUE) {
      throw new IllegalArgumentException(
          "The number of clients ("
              + mostClients
              + ") of a "
              + model.name()
              + " must be between 1 and "
              + Byte.MAX_VALUE
              + ".\nMaybe it counts those of all GPUs together.");
    }
    if (mode != GpuMode.PLAIN && !model.migCapable()) {
      throw new IllegalArgumentException(
          "The mode ("
              + mode.word()
              + ") makes no sense for a "
              + model.name()
              + ", which has no MIG.\nWrite plain.");
    }
    if (mode != GpuMode.MIG && !instances.isEmpty()) {
      throw new IllegalArgumentException(
          "The mode ("
              + mode.word()
              + ") has no list of instances, but "
              + instances.size()
              + " are given.\nMaybe the mode is mig.");
    }
    refuseImpossible(model, instances);
  }

  /** A GPU that as many containers may share as MPS serves. */
  public GpuSpec(
      @Nullable String uuid,
      GpuModel model,
      int memoryMiB,
      GpuMode mode,
      List<MigInstance> instances) {
    this(uuid, model, memoryMiB, mode, instances, model.mpsClientLimit());
  }

  public static GpuSpec of(GpuModel model, GpuMode mode) {
    return new GpuSpec(null, model, model.memoryMiB(), mode, List.of());
  }

  /**
   * The MIG instance of this profile at this start, in slices of the model; null if none is there.
   */
  public @Nullable MigInstance instance(MigProfile profile, int start) {
    for (int i = 0; i < instances.size(); i++) {
      MigInstance instance = instances.get(i);
      if (instance.start() == start && instance.profile().equals(profile)) {
        return instance;
      }
    }
    return null;
  }

  /** What may be promised to MPS shares together; the driver keeps the rest. */
  public int shareableMiB() {
    int kept = model.memoryMiB() - model.shareableMiB();
    return Math.max(0, memoryMiB - kept);
  }

  private static void refuseImpossible(GpuModel model, List<MigInstance> instances) {
    int occupied = 0;
    for (MigInstance instance : instances) {
      if (!model.profiles().contains(instance.profile())) {
        throw new IllegalArgumentException(
            "The MIG profile ("
                + instance.profile().name()
                + ") is not one of a "
                + model.name()
                + ".\nMaybe it is one of another model with the same name.");
      }
      if ((occupied & instance.mask()) != 0) {
        throw new IllegalArgumentException(
            "The MIG instance "
                + instance.profile().name()
                + " at slice "
                + instance.start()
                + " of a "
                + model.name()
                + " overlaps another one in the list.\n"
                + "Maybe the starts are the driver's placement units.");
      }
      occupied |= instance.mask();
    }
  }
}
