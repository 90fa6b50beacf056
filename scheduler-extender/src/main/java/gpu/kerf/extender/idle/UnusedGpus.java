package gpu.kerf.extender.idle;

import java.util.Map;
import java.util.Set;

/**
 * GPUs that are known to have computed nothing for a while.
 *
 * @param uuids of the GPUs
 * @param instances of how many MIG instances of a GPU there are figures, by its UUID, where there
 *     are figures of single ones
 */
public record UnusedGpus(Set<String> uuids, Map<String, Integer> instances) {

  public UnusedGpus {
    uuids = Set.copyOf(uuids);
    instances = Map.copyOf(instances);
  }

  /**
   * Whether all that pods hold of a GPU computed nothing.
   *
   * @param migSlots how many MIG instances of it pods hold: an exporter that was not started anew
   *     since an instance was made does not know of that instance
   */
  public boolean proves(String uuid, int migSlots) {
    return uuids.contains(uuid) && instances.getOrDefault(uuid, 0) >= migSlots;
  }
}
