package gpu.kerf.model.fleet;

import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The devices that a pod was given on a node, by names that stay valid when the order of the node's
 * GPUs changes. The grant is written on the pod; {@link Resolution} finds its slots on the node as
 * it is now.
 *
 * <p>A GPU is its UUID, and a MIG instance is its own. The index counts only where the inventory
 * gave no UUID, and then only while the node has the same GPUs, which {@code composition} tells.
 *
 * @param composition the node's GPUs as {@link NodeSpec#composition()} wrote them; empty where each
 *     GPU of the grant has a UUID, and in records that do not say it
 */
public record Grant(
    String node,
    List<ContainerGrant> containers,
    String composition,
    int cpuMilli,
    int hostMemoryMiB) {

  public Grant {
    containers = List.copyOf(containers);
  }

  /** The slots of one container. */
  public record ContainerGrant(String name, List<SlotGrant> slots) {
    public ContainerGrant {
      slots = List.copyOf(slots);
    }
  }

  /**
   * One slot.
   *
   * @param gpu the index of the GPU when it was given
   * @param uuid of the GPU; null where only the index is known
   * @param profile of a MIG instance, else null
   * @param start of a MIG instance, in the driver's units
   * @param instance the UUID of a MIG instance; null where it has none or none is known
   * @param smMilli of an MPS share; -1 for a whole GPU and for a MIG instance
   */
  public record SlotGrant(
      int gpu,
      @Nullable String uuid,
      @Nullable String profile,
      int start,
      @Nullable String instance,
      int smMilli,
      int memoryMiB) {

    private static SlotGrant of(Slot slot, NodeSpec node) {
      GpuSpec gpu = node.gpus().get(slot.gpu());
      if (slot instanceof Slot.Mig mig) {
        return new SlotGrant(
            slot.gpu(),
            gpu.uuid(),
            mig.profile().name(),
            mig.profile().driverStart(mig.start()),
            instance(mig, gpu),
            -1,
            slot.memoryMiB());
      }
      int smMilli = slot instanceof Slot.Share share ? share.smMilli() : -1;
      return new SlotGrant(slot.gpu(), gpu.uuid(), null, -1, null, smMilli, slot.memoryMiB());
    }

    private static @Nullable String instance(Slot.Mig slot, GpuSpec gpu) {
      MigInstance found = gpu.instance(slot.profile(), slot.start());
      return found == null ? null : found.uuid();
    }

    /** Whether the UUID of its GPU, or of its MIG instance, is known. */
    public boolean isNamed() {
      return uuid != null || instance != null;
    }

    /**
     * Whether it is the same part of the same GPU; the index says nothing where a UUID is known.
     */
    boolean isSame(SlotGrant other) {
      return Objects.equals(uuid, other.uuid)
          && (isNamed() || gpu == other.gpu)
          && Objects.equals(profile, other.profile)
          && start == other.start
          && Objects.equals(instance, other.instance)
          && smMilli == other.smMilli
          && memoryMiB == other.memoryMiB;
    }

    /**
     * Whether the other is a part of the same kind at the same place of the same GPU, or a share of
     * a GPU that this gives whole: the claim of a pod that has a sharable GPU whole says only how
     * much memory it consumes.
     */
    private boolean includes(SlotGrant other) {
      return Objects.equals(uuid, other.uuid)
          && (uuid != null || gpu == other.gpu)
          && Objects.equals(profile, other.profile)
          && start == other.start
          && (smMilli < 0 || other.smMilli >= 0);
    }
  }

  /** What a placement gives on a node as the node is now. */
  public static Grant of(Placement placement, NodeSpec node) {
    List<ContainerGrant> containers = new ArrayList<>(placement.containers().size());
    boolean named = true;
    for (ContainerSlots container : placement.containers()) {
      List<SlotGrant> slots = new ArrayList<>(container.slots().size());
      for (Slot slot : container.slots()) {
        SlotGrant grant = SlotGrant.of(slot, node);
        named &= grant.uuid != null;
        slots.add(grant);
      }
      containers.add(new ContainerGrant(container.container(), slots));
    }
    return new Grant(
        placement.node(),
        containers,
        named ? "" : node.composition(),
        placement.cpuMilli(),
        placement.hostMemoryMiB());
  }

  /** The same slots, with other CPU and memory. */
  Grant resized(int cpu, int memory) {
    return new Grant(node, containers, composition, cpu, memory);
  }

  /** Where all of it lies on the node as it is now; null if the node does not have all of it. */
  public @Nullable Placement on(NodeSpec now) {
    Resolution found = Resolution.of(this, now);
    return found.trouble() == null ? found.placement() : null;
  }

  /** Whether both give the same parts of the same GPUs to the same containers, ignoring indexes. */
  public boolean givesSame(Grant other) {
    if (!node.equals(other.node) || containers.size() != other.containers.size()) {
      return false;
    }
    for (int i = 0; i < containers.size(); i++) {
      if (!isSame(containers.get(i), other.containers.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether this gives all parts of GPUs that another gives, to any of its containers. */
  boolean covers(Grant other) {
    return node.equals(other.node)
        && other.containers.stream()
            .flatMap(container -> container.slots.stream())
            .allMatch(
                slot ->
                    containers.stream()
                        .flatMap(container -> container.slots.stream())
                        .anyMatch(given -> given.includes(slot)));
  }

  private static boolean isSame(ContainerGrant one, ContainerGrant other) {
    boolean same = one.name.equals(other.name) && one.slots.size() == other.slots.size();
    for (int i = 0; same && i < one.slots.size(); i++) {
      same = one.slots.get(i).isSame(other.slots.get(i));
    }
    return same;
  }
}
