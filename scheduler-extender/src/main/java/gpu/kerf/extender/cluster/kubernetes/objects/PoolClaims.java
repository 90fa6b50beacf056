package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.PublishedDevice;
import gpu.kerf.extender.cluster.kubernetes.inventory.Slice;
import gpu.kerf.extender.dialect.Quantity;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether devices of one pool of NVIDIA's driver overlap those of claims.
 *
 * <p>The API server accepts allocations that overlap, and only the driver refuses them, when it is
 * too late to choose another device. Devices overlap if they are the same one, if together they
 * consume more than there is of a counter, or more than there is of the memory of a shared device.
 * Where a driver publishes no counters, the memory slices of a GPU are compared.
 */
final class PoolClaims {
  /** Stands for the set of the memory of shared devices; no set of a driver has this name. */
  private static final String SHARED = "";

  private final DriverPools.Pool pool;

  /** A counter of a set. */
  private record Counter(String set, String name) {}

  PoolClaims(DriverPools.Pool pool) {
    this.pool = pool;
  }

  /** The first claim with which devices of the pool overlap; null if there is none. */
  @Nullable Claim overlapping(List<Claim.Device> mine, Collection<Claim> others) {
    for (Claim other : others) {
      if (sharesDevice(mine, inPool(other))) {
        return other;
      }
    }
    return overdrawing(mine, others);
  }

  /** Other drivers may have a pool of the same name, which most often is that of the node. */
  private List<Claim.Device> inPool(Claim claim) {
    return claim.devices().stream()
        .filter(each -> each.driver().equals(Slice.DRIVER) && each.pool().equals(pool.name()))
        .toList();
  }

  private boolean sharesDevice(List<Claim.Device> mine, List<Claim.Device> others) {
    return mine.stream()
        .anyMatch(one -> others.stream().anyMatch(other -> cannotStandBeside(one, other)));
  }

  private boolean cannotStandBeside(Claim.Device one, Claim.Device other) {
    PublishedDevice first = pool.device(one.name());
    PublishedDevice second = pool.device(other.name());
    if (one.name().equals(other.name())) {
      return first == null || first.sharing() == null;
    }
    if (first == null || second == null || !first.gpu().equals(second.gpu())) {
      return false;
    }
    boolean counted = !first.consumes().isEmpty() && !second.consumes().isEmpty();
    boolean apart =
        first.isMig()
            && second.isMig()
            && first.memorySlices().stream().noneMatch(second.memorySlices()::contains);
    return !counted && !apart;
  }

  /** A device that is allocated consumes its counters once, however many claims share it. */
  private @Nullable Claim overdrawing(List<Claim.Device> mine, Collection<Claim> others) {
    Map<Counter, Long> sums = new HashMap<>(consumed(mine));
    Set<String> counted = new HashSet<>();
    mine.forEach(each -> counted.add(each.name()));
    for (Claim other : others) {
      List<Claim.Device> theirs = inPool(other);
      memory(theirs).forEach((device, part) -> sums.merge(device, part, Long::sum));
      List<Claim.Device> first = theirs.stream().filter(each -> counted.add(each.name())).toList();
      counters(first).forEach((counter, value) -> sums.merge(counter, value, Long::sum));
    }
    for (Counter counter : consumed(mine).keySet()) {
      if (sums.getOrDefault(counter, 0L) > available(counter)) {
        return others.stream()
            .filter(other -> consumed(inPool(other)).containsKey(counter))
            .findFirst()
            .orElse(null);
      }
    }
    return null;
  }

  private Map<Counter, Long> consumed(List<Claim.Device> devices) {
    Map<Counter, Long> all = new HashMap<>(memory(devices));
    all.putAll(counters(devices));
    return all;
  }

  /** The parts of the memory of shared devices, in MiB. */
  private Map<Counter, Long> memory(List<Claim.Device> devices) {
    Map<Counter, Long> sums = new HashMap<>();
    for (Claim.Device each : devices) {
      PublishedDevice device = pool.device(each.name());
      if (device != null && device.sharing() != null) {
        long part = each.memoryMiB() > 0 ? each.memoryMiB() : memoryMiB(device);
        sums.merge(new Counter(SHARED, device.name()), part, Long::sum);
      }
    }
    return sums;
  }

  private Map<Counter, Long> counters(List<Claim.Device> devices) {
    Map<Counter, Long> sums = new HashMap<>();
    for (String name : devices.stream().map(Claim.Device::name).distinct().toList()) {
      PublishedDevice device = pool.device(name);
      Map<String, Map<String, Long>> sets = device == null ? Map.of() : pool.consumption(device);
      sets.forEach(
          (set, counters) ->
              counters.forEach(
                  (counter, value) -> sums.merge(new Counter(set, counter), value, Long::sum)));
    }
    return sums;
  }

  private static long memoryMiB(PublishedDevice device) {
    return device.memory().isEmpty() ? 0 : Quantity.memoryMiB(device.memory());
  }

  private long available(Counter counter) {
    if (!counter.set.equals(SHARED)) {
      return pool.counterSets().getOrDefault(counter.set, Map.of()).getOrDefault(counter.name, 0L);
    }
    PublishedDevice device = pool.device(counter.name);
    return device == null ? 0 : memoryMiB(device);
  }
}
