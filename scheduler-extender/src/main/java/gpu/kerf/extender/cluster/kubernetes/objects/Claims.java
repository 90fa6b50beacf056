package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverInventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.PublishedDevice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs that are allocated to ResourceClaims. They count as used from the allocation of a claim
 * to its deallocation, also after its pods have ended. They count longer while a pod that used the
 * claim may still run: a pod that is deleted by force loses its claim at once, but its containers
 * keep the GPU.
 *
 * <p>Where a DRA driver hands out a node's GPUs, a claim has exactly the parts that its devices
 * are. Everywhere else, and where a device cannot be made out, it has whole GPUs.
 *
 * <p>A claim that Kerf wrote for a pod ends to count when the containers of the pod have ended: the
 * kubelet takes the devices back before it says so, and the claim itself is cleared later. It goes
 * on to count if another pod may use it: any pod of the namespace can name it.
 */
public final class Claims implements Sink<Claim> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long ALL = -1L;

  private final DriverPools pools;
  private final ClaimBook book;
  private final Predicate<String> mayRun;
  private final Consumer<String> changed;
  private final Map<String, Claim> claims = new HashMap<>();

  /** Claims whose allocation has ended, each with the pods that may still use it. */
  private final Map<String, Claim> left = new HashMap<>();

  /** The uids of the claims, allocated or left, by the pools of their devices. */
  private final Map<String, Set<String>> byPool = new HashMap<>();

  /** The claims that Kerf wrote, by the pods that they are for. */
  private final Map<String, String> ofPod = new HashMap<>();

  /** Those of them whose pods have ended. */
  private final Set<String> over = new HashSet<>();

  /** What claims have of a node: whole GPUs as bits, and parts. */
  public record Used(long gpus, List<ForeignHold> parts) {
    public static final Used NOTHING = new Used(0, List.of());
  }

  /**
   * A device that is to be allocated.
   *
   * @param memoryMiB what is consumed of a device that claims share; 0 where it is all of it
   */
  public record DeviceUse(String device, int memoryMiB) {}

  /**
   * @param book is told of all claims, also of those that have no GPUs
   * @param mayRun whether containers of a pod may run, be its object there or not
   * @param changed is told which node's GPUs are used by others than before
   */
  public Claims(
      DriverPools pools, ClaimBook book, Predicate<String> mayRun, Consumer<String> changed) {
    this.pools = pools;
    this.book = book;
    this.mayRun = mayRun;
    this.changed = changed;
  }

  /** Where the settings name no drivers. */
  Claims(DriverPools pools, Predicate<String> mayRun, Consumer<String> changed) {
    this(pools, new ClaimBook(GpuDrivers.USUAL, () -> 0), mayRun, changed);
  }

  @Override
  public Claim read(Meta meta, JsonSlice json) throws WireException {
    try {
      return Claim.read(JSON.readTree(json.bytes(), json.offset(), json.length()), book.drivers());
    } catch (IOException | IllegalArgumentException e) {
      throw new WireException("The ResourceClaim cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, Claim claim) {
    take(meta, claim);
    book.put(meta, claim);
  }

  private void take(Meta meta, Claim claim) {
    if (!claim.isAllocated()) {
      release(meta);
      return;
    }
    String uid = meta.uid();
    Claim before = claims.get(uid);
    if (before != null && before.devices().equals(claim.devices())) {
      claims.put(uid, claim.usedBy(union(before, claim)));
      if (over.contains(uid)) {
        tell(claim);
      }
      return;
    }
    release(meta);
    claims.put(uid, claim);
    enter(uid, claim);
    if (!claim.pod().isEmpty()) {
      ofPod.put(claim.pod(), uid);
    }
    tell(claim);
  }

  /** A pod is struck off a claim's list before its containers have ended. */
  private static Set<String> union(Claim before, Claim now) {
    Set<String> pods = new HashSet<>(before.pods());
    pods.addAll(now.pods());
    return Set.copyOf(pods);
  }

  private void enter(String uid, Claim claim) {
    for (Claim.Device device : claim.devices()) {
      byPool.computeIfAbsent(device.pool(), pool -> new LinkedHashSet<>()).add(uid);
    }
  }

  /** A claim may be allocated anew while it is left on other devices. */
  private void leave(String uid, Claim claim) {
    for (Claim.Device device : claim.devices()) {
      byPool.computeIfPresent(device.pool(), (pool, uids) -> without(uid, uids));
    }
    for (Map<String, Claim> some : List.of(claims, left)) {
      Claim other = some.get(uid);
      if (other != null) {
        enter(uid, other);
      }
    }
  }

  private static @Nullable Set<String> without(String uid, Set<String> uids) {
    uids.remove(uid);
    return uids.isEmpty() ? null : uids;
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    // What was known of it stands.
  }

  @Override
  public void deleted(Meta meta) {
    book.deleted(meta);
    release(meta);
  }

  private void release(Meta meta) {
    Claim claim = claims.remove(meta.uid());
    if (claim != null) {
      keepFor(meta.uid(), claim);
      if (ofPod.remove(claim.pod(), meta.uid())) {
        over.remove(meta.uid());
      }
      tell(claim);
    }
  }

  private void keepFor(String uid, Claim claim) {
    Set<String> running = claim.pods().stream().filter(mayRun).collect(Collectors.toSet());
    if (running.isEmpty()) {
      left.remove(uid);
    } else {
      left.put(uid, claim.usedBy(running));
    }
    leave(uid, claim);
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

  /**
   * The containers of a pod have ended, and the claim that Kerf wrote for it is over; to be told
   * before the ledger frees what the pod held.
   */
  public void ownerEnded(String pod) {
    String own = ofPod.get(pod);
    Claim claim = own == null ? null : claims.get(own);
    if (own != null && claim != null && over.add(own)) {
      tell(claim);
    }
  }

  private boolean isOver(String uid, Claim claim) {
    return over.contains(uid) && claim.pods().stream().allMatch(claim.pod()::equals);
  }

  private void tell(Claim claim) {
    claim.devices().stream().map(this::node).distinct().forEach(changed);
  }

  private String node(Claim.Device device) {
    String node = device.driver().equals(Claim.NVIDIA) ? pools.nodeOf(device.pool()) : "";
    return node.isEmpty() ? device.pool() : node;
  }

  /** What claims have of a node's GPUs; all of them where a device cannot be made out. */
  public Used on(NodeSpec node) {
    long gpus = 0;
    List<ForeignHold> parts = new ArrayList<>();
    for (String uid : onPoolsOf(node.name())) {
      for (Map<String, Claim> some : List.of(claims, left)) {
        Claim claim = some.get(uid);
        if (claim != null && !isOver(uid, claim)) {
          Parts found = new Parts(node);
          claim.devices().stream()
              .filter(device -> node(device).equals(node.name()))
              .forEach(found::add);
          gpus |= found.gpus;
          if (!found.slots.isEmpty()) {
            parts.add(
                new ForeignHold(uid, claim.pod(), claim.namespace(), claim.name(), found.grant()));
          }
        }
      }
    }
    return gpus == 0 && parts.isEmpty() ? Used.NOTHING : new Used(gpus, List.copyOf(parts));
  }

  private Set<String> onPoolsOf(String node) {
    Set<String> uids = new LinkedHashSet<>(byPool.getOrDefault(node, Set.of()));
    for (String pool : pools.namesOn(node)) {
      uids.addAll(byPool.getOrDefault(pool, Set.of()));
    }
    return uids;
  }

  /** What a claim has of a node. */
  private final class Parts {
    private final NodeSpec node;
    private final List<Grant.SlotGrant> slots = new ArrayList<>();
    private long gpus;

    Parts(NodeSpec node) {
      this.node = node;
    }

    /** A container may have devices of one kind, and a claim of several, so each is by itself. */
    Grant grant() {
      List<Grant.ContainerGrant> containers =
          slots.stream().map(slot -> new Grant.ContainerGrant("", List.of(slot))).toList();
      return new Grant(node.name(), containers, "", 0, 0);
    }

    void add(Claim.Device device) {
      boolean known = device.driver().equals(Claim.NVIDIA);
      PublishedDevice published = known ? pools.device(device.pool(), device.name()) : null;
      int gpu = published == null ? -1 : node.indexOfGpu(published.gpu());
      if (published == null || gpu < 0) {
        gpus = ALL;
        return;
      }
      Grant.SlotGrant slot =
          node.delivery() == DeliveryWay.DRA ? slot(gpu, published, device.memoryMiB()) : null;
      if (slot == null) {
        gpus |= 1L << gpu;
      } else {
        slots.add(slot);
      }
    }

    /** Null where the model has no such part. */
    private Grant.@Nullable SlotGrant slot(int gpu, PublishedDevice device, int consumedMiB) {
      GpuSpec card = node.gpus().get(gpu);
      if (device.isMig()) {
        DriverDevices.Instance place = DriverInventory.place(card.model(), device);
        return place == null
            ? null
            : new Grant.SlotGrant(
                gpu,
                card.uuid(),
                place.profile().name(),
                place.profile().driverStart(place.start()),
                device.isInstance() ? device.attribute("uuid") : null,
                -1,
                Math.max(1, place.profile().memoryMiB()));
      }
      boolean part = device.sharing() != null && consumedMiB > 0;
      int memory = part ? consumedMiB : card.memoryMiB();
      return device.isGpu() || part
          ? new Grant.SlotGrant(gpu, card.uuid(), null, -1, null, part ? 0 : -1, memory)
          : null;
    }
  }

  /**
   * Another claim of a pool with which devices overlap; null if there is none, or nothing is known
   * of the pool. It knows of other claims what their watch has told.
   *
   * @param claimUid the claim that the devices are for, which does not stand in its own way
   * @return its namespace and name
   */
  public @Nullable String overlapping(String claimUid, String pool, List<DeviceUse> devices) {
    DriverPools.Pool known = pools.pool(pool);
    if (known == null) {
      return null;
    }
    List<Claim.Device> mine =
        devices.stream()
            .map(use -> new Claim.Device(Claim.NVIDIA, pool, use.device(), use.memoryMiB()))
            .toList();
    Claim found = new PoolClaims(known).overlapping(mine, others(claimUid, pool));
    return found == null ? null : found.key();
  }

  private List<Claim> others(String claimUid, String pool) {
    Map<String, Claim> others = new LinkedHashMap<>();
    for (String uid : byPool.getOrDefault(pool, Set.of())) {
      Claim claim = claims.getOrDefault(uid, left.get(uid));
      if (claim != null && !uid.equals(claimUid) && !isOver(uid, claim)) {
        others.put(uid, claim);
      }
    }
    return List.copyOf(others.values());
  }
}
