package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.inventory.SliceInventory;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuSpec;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The GPUs that are allocated to ResourceClaims. They count as used from the allocation of a claim
 * to its deallocation, also after its pods have ended. They count longer while a pod that used the
 * claim may still run: a pod that is deleted by force loses its claim at once, but its containers
 * keep the GPU.
 */
public final class Claims implements Sink<Claim> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long ALL = -1L;

  private final SliceInventory slices;
  private final Predicate<String> mayRun;
  private final Consumer<String> changed;
  private final Map<String, Claim> claims = new HashMap<>();

  /** Claims whose allocation has ended, each with the pods that may still use it. */
  private final Map<String, Claim> left = new HashMap<>();

  /**
   * @param mayRun whether containers of a pod may run, be its object there or not
   * @param changed is told which node's GPUs are used by others than before
   */
  public Claims(SliceInventory slices, Predicate<String> mayRun, Consumer<String> changed) {
    this.slices = slices;
    this.mayRun = mayRun;
    this.changed = changed;
  }

  @Override
  public Claim read(Meta meta, JsonSlice json) throws WireException {
    try {
      return Claim.read(JSON.readTree(json.bytes(), json.offset(), json.length()));
    } catch (IOException e) {
      throw new WireException("The ResourceClaim cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, Claim claim) {
    if (!claim.isAllocated()) {
      deleted(meta);
      return;
    }
    Claim before = claims.get(meta.uid());
    if (before != null && before.devices().equals(claim.devices())) {
      claims.put(meta.uid(), new Claim(claim.devices(), union(before, claim)));
      return;
    }
    deleted(meta);
    claims.put(meta.uid(), claim);
    tell(claim);
  }

  /** A pod is struck off a claim's list before its containers have ended. */
  private static Set<String> union(Claim before, Claim now) {
    Set<String> pods = new HashSet<>(before.pods());
    pods.addAll(now.pods());
    return Set.copyOf(pods);
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    // What was known of it stands.
  }

  @Override
  public void deleted(Meta meta) {
    Claim claim = claims.remove(meta.uid());
    if (claim != null) {
      keepFor(meta.uid(), claim);
      tell(claim);
    }
  }

  private void keepFor(String uid, Claim claim) {
    Set<String> running = claim.pods().stream().filter(mayRun).collect(Collectors.toSet());
    if (running.isEmpty()) {
      left.remove(uid);
    } else {
      left.put(uid, new Claim(claim.devices(), running));
    }
  }

  /** The containers of a pod have ended. */
  public void podEnded(String pod) {
    for (Map.Entry<String, Claim> each : Map.copyOf(left).entrySet()) {
      if (each.getValue().pods().contains(pod)) {
        keepFor(each.getKey(), each.getValue());
        tell(each.getValue());
      }
    }
  }

  private void tell(Claim claim) {
    claim.devices().stream().map(this::node).distinct().forEach(changed);
  }

  private String node(Claim.Device device) {
    String node = device.driver().equals(Claim.NVIDIA) ? slices.nodeOf(device.pool()) : "";
    return node.isEmpty() ? device.pool() : node;
  }

  /** The GPUs of a node that claims have, as bits; all where a device cannot be made out. */
  public long on(String node, List<GpuSpec> gpus) {
    return on(claims.values(), node, gpus) | on(left.values(), node, gpus);
  }

  private long on(Iterable<Claim> some, String node, List<GpuSpec> gpus) {
    long used = 0;
    for (Claim claim : some) {
      for (Claim.Device device : claim.devices()) {
        used |= node(device).equals(node) ? used(device, gpus) : 0;
      }
    }
    return used;
  }

  private long used(Claim.Device device, List<GpuSpec> gpus) {
    boolean known = device.driver().equals(Claim.NVIDIA);
    String uuid = known ? slices.gpuOf(device.pool(), device.name()) : "";
    for (int i = 0; i < gpus.size() && !uuid.isEmpty(); i++) {
      if (uuid.equals(gpus.get(i).uuid())) {
        return 1L << i;
      }
    }
    return ALL;
  }
}
