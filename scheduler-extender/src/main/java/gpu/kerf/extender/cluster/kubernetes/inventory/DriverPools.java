package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.WireException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pools of devices that a DRA driver publishes.
 *
 * <p>A pool is published slice by slice, so that for a while some slices are of the new generation
 * and some of the old one. Only a complete generation counts; until the new one is complete, the
 * last complete one stays valid.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class DriverPools {
  private final Map<String, Slice> slices = new LinkedHashMap<>();

  /** The same slices by pool and name. */
  private final Map<String, Map<String, Slice>> byPool = new HashMap<>();

  private final Map<Key, Pool> complete = new LinkedHashMap<>();

  /** A pool of a node. */
  private record Key(String node, String name) {}

  /**
   * What a pool consists of, as its last complete generation says.
   *
   * @param counterSets how much there is of each counter of each set, in thousandths
   */
  public record Pool(
      String name, List<PublishedDevice> devices, Map<String, Map<String, Long>> counterSets) {

    /** Null if there is no such device. */
    public @Nullable PublishedDevice device(String device) {
      for (PublishedDevice each : devices) {
        if (each.name().equals(device)) {
          return each;
        }
      }
      return null;
    }

    /**
     * What a device consumes, in thousandths, by counter set and counter. One that names a set and
     * no counters of it consumes all of them.
     */
    public Map<String, Map<String, Long>> consumption(PublishedDevice device) {
      Map<String, Map<String, Long>> sums = new HashMap<>();
      for (PublishedDevice.Consumption each : device.consumes()) {
        Map<String, Long> all = counterSets.getOrDefault(each.counterSet(), Map.of());
        Map<String, Long> counters = each.counters().isEmpty() ? all : each.counters();
        Map<String, Long> sum = sums.computeIfAbsent(each.counterSet(), set -> new HashMap<>());
        counters.forEach((counter, value) -> sum.merge(counter, value, Long::sum));
      }
      return sums;
    }
  }

  /** A slice is there or has changed; the node it was of before, if it was known. */
  public @Nullable String put(String name, Slice slice) {
    Slice before = slices.put(name, slice);
    if (before != null) {
      leave(name, before);
    }
    byPool.computeIfAbsent(slice.pool(), pool -> new LinkedHashMap<>()).put(name, slice);
    publish(slice);
    return before == null ? null : before.node();
  }

  /** A slice is gone; the node it was of, if it was known. */
  public @Nullable String remove(String name) {
    Slice slice = slices.remove(name);
    if (slice == null) {
      return null;
    }
    leave(name, slice);
    return slice.node();
  }

  private void leave(String name, Slice slice) {
    Map<String, Slice> there = byPool.get(slice.pool());
    if (there != null) {
      there.remove(name);
      if (there.isEmpty()) {
        byPool.remove(slice.pool());
      }
    }
    publish(slice);
  }

  private Map<String, Slice> slicesOf(String pool) {
    return byPool.getOrDefault(pool, Map.of());
  }

  /** Looks at the pool of a slice again: its newest generation counts as soon as it is whole. */
  private void publish(Slice changed) {
    Key key = new Key(changed.node(), changed.pool());
    List<Slice> there =
        slicesOf(key.name).values().stream()
            .filter(slice -> slice.node().equals(key.node))
            .toList();
    if (there.isEmpty()) {
      complete.remove(key);
      return;
    }
    long newest = there.stream().mapToLong(Slice::generation).max().orElse(0);
    List<Slice> current = there.stream().filter(slice -> slice.generation() == newest).toList();
    int expected = current.stream().mapToInt(Slice::ofSlices).max().orElse(0);
    if (expected == 0 || current.size() == expected) {
      complete.put(key, pool(key.name, current));
    }
  }

  private static Pool pool(String name, List<Slice> current) {
    List<PublishedDevice> devices = new ArrayList<>();
    Map<String, Map<String, Long>> counterSets = new HashMap<>();
    for (Slice slice : current) {
      devices.addAll(slice.devices());
      counterSets.putAll(slice.counterSets());
    }
    return new Pool(name, List.copyOf(devices), Map.copyOf(counterSets));
  }

  /** The node of a pool; empty if it is not known. */
  public String nodeOf(String pool) {
    for (Slice slice : slicesOf(pool).values()) {
      return slice.node();
    }
    return "";
  }

  /** The names of a node's pools, complete or not. */
  public List<String> namesOn(String node) {
    return byPool.keySet().stream().filter(pool -> nodeOf(pool).equals(node)).toList();
  }

  /** The last complete generation of a pool; null if there is none. */
  public @Nullable Pool pool(String name) {
    return complete.get(new Key(nodeOf(name), name));
  }

  /** A device of a pool, as its newest generation lists it; null if none does. */
  public @Nullable PublishedDevice device(String pool, String device) {
    PublishedDevice found = null;
    long newest = Long.MIN_VALUE;
    for (Slice slice : slicesOf(pool).values()) {
      for (PublishedDevice each : slice.devices()) {
        if (each.name().equals(device) && slice.generation() >= newest) {
          newest = slice.generation();
          found = each;
        }
      }
    }
    return found;
  }

  /** The complete pools of a node. */
  public List<Pool> of(String node) {
    return complete.entrySet().stream()
        .filter(each -> each.getKey().node.equals(node))
        .map(Map.Entry::getValue)
        .toList();
  }

  private boolean isKnown(String node) {
    return slices.values().stream().anyMatch(slice -> slice.node().equals(node));
  }

  /** The devices of a node's pools, each as the last generation lists them that was complete. */
  List<PublishedDevice> devices(String node) throws WireException {
    List<Pool> pools = of(node);
    if (pools.isEmpty() && isKnown(node)) {
      throw new WireException(
          "The ResourceSlices of the node are not all there yet.\n"
              + "The DRA driver publishes them one after the other; if this lasts, see its log.");
    }
    List<PublishedDevice> devices = new ArrayList<>();
    pools.forEach(pool -> devices.addAll(pool.devices()));
    return devices;
  }
}
