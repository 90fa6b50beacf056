package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.Slice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.function.Consumer;

/** Keeps the ResourceSlices of the NVIDIA driver, and says whose node to look at again. */
public final class Slices implements Sink<Slice> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DriverPools pools;
  private final Consumer<String> changed;

  public Slices(DriverPools pools, Consumer<String> changed) {
    this.pools = pools;
    this.changed = changed;
  }

  @Override
  public Slice read(Meta meta, JsonSlice json) throws WireException {
    try {
      return Slice.read(JSON.readTree(json.bytes(), json.offset(), json.length()));
    } catch (IOException | NumberFormatException e) {
      throw new WireException("The ResourceSlice cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, Slice slice) {
    String before = pools.put(meta.name(), slice);
    changed.accept(slice.node());
    if (before != null && !before.equals(slice.node())) {
      changed.accept(before);
    }
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    deleted(meta);
  }

  @Override
  public void deleted(Meta meta) {
    String node = pools.remove(meta.name());
    if (node != null) {
      changed.accept(node);
    }
  }
}
