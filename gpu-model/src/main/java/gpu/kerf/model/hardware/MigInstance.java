package gpu.kerf.model.hardware;

import org.jspecify.annotations.Nullable;

/**
 * A MIG instance that exists on a GPU.
 *
 * @param uuid the driver's name for it, or null where it is not known; blank is not known
 * @param start the first memory slice, counted in slices of the model (not in the driver's
 *     placement units)
 */
public record MigInstance(@Nullable String uuid, MigProfile profile, int start) {
  public MigInstance {
    uuid = uuid == null || uuid.isBlank() ? null : uuid;
    if (start < 0 || start > 31 || !profile.startsAt(start)) {
      throw new IllegalArgumentException(
          "The MIG instance "
              + profile.name()
              + " cannot start at slice ("
              + start
              + ").\nMaybe the record counts "
              + "in the driver's placement units, or the start is of another profile.");
    }
  }

  /** The memory slices it lies on, as bits of the occupancy byte. */
  public int mask() {
    return profile.maskAt(start);
  }
}
