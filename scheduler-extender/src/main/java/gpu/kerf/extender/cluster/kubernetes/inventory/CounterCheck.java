package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.model.hardware.DriverDevices.Instance;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a GPU has enough of every counter for each set of MIG instances that its
 * geometry allows. Kerf places by the geometry; where that says more than the counters, Kerf would
 * give what the driver's other users already have.
 */
final class CounterCheck {
  private final GpuModel model;
  private final List<Instance> places;

  /** What each device consumes, by counter set and counter. */
  private final Map<String, Map<String, Map<String, Long>>> consumption = new HashMap<>();

  CounterCheck(GpuModel model, List<Instance> places, DriverPools.Pool pool) {
    this.model = model;
    this.places = places;
    for (Instance place : places) {
      PublishedDevice device = pool.device(place.device());
      if (device != null) {
        consumption.put(place.device(), pool.consumption(device));
      }
    }
  }

  /** A counter of which some set of instances consumes more than there is; null if none is. */
  @Nullable String scarce(Map<String, Map<String, Long>> available) {
    Map<String, Map<String, Long>> consumed = new TreeMap<>();
    consumption
        .values()
        .forEach(
            sets ->
                sets.forEach(
                    (set, counters) ->
                        consumed.computeIfAbsent(set, each -> new TreeMap<>()).putAll(counters)));
    for (Map.Entry<String, Map<String, Long>> set : consumed.entrySet()) {
      for (String counter : set.getValue().keySet()) {
        long there = available.getOrDefault(set.getKey(), Map.of()).getOrDefault(counter, 0L);
        if (most(set.getKey(), counter, 0, 0) > there) {
          return counter + " of " + set.getKey();
        }
      }
    }
    return null;
  }

  /** The most that instances beside each other consume, from a slice up. */
  private long most(String set, String counter, int slice, int mediaHeld) {
    if (slice >= model.slices()) {
      return 0;
    }
    long most = most(set, counter, slice + 1, mediaHeld);
    for (Instance place : places) {
      MigProfile profile = place.profile();
      if (place.start() == slice && profile.media().fitsBeside(mediaHeld)) {
        long own =
            consumption
                .getOrDefault(place.device(), Map.of())
                .getOrDefault(set, Map.of())
                .getOrDefault(counter, 0L);
        int held = mediaHeld | profile.media().held();
        most = Math.max(most, own + most(set, counter, slice + profile.size(), held));
      }
    }
    return most;
  }
}
