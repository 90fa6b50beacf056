package gpu.kerf.model.fleet;

import gpu.kerf.model.fleet.Grant.ContainerGrant;
import gpu.kerf.model.fleet.Grant.SlotGrant;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a grant on its node as the node is now. They depend only on the grant and the node,
 * so a ledger that has followed every change of a node and one that is built anew from what is
 * written on the pods agree.
 *
 * <pre>
 *   the grant says               and the node has              so the slot
 *   a UUID                       this GPU                      lies on it, at any index
 *   a UUID                       other UUIDs alone             is lost: nothing is closed
 *   a UUID                       GPUs without UUIDs            may be on any of those: they are closed
 *   no UUID                      the same composition          lies at its index
 *   no UUID                      another composition           may be anywhere: the node is closed
 *   a MIG instance's UUID        this instance on the GPU      is this instance
 *   a MIG instance's UUID        another one in its place      is lost: the GPU is closed
 * </pre>
 *
 * <p>An instance that was cut anew is another one, even of the same profile at the same start: the
 * container of the pod cannot reach it, and the memory of the old one may be in use.
 *
 * @param placement the slots that were found; without those of which it is not known where they are
 * @param closed the GPUs that must get nothing new although none of these slots lies on them, and
 *     those where a slot may be
 * @param trouble why not every slot was found; null if all were
 * @param device what was not found
 */
record Resolution(
    Placement placement, long closed, Conflict.@Nullable Kind trouble, String device) {

  /** Every GPU of a node, as bits. */
  private static final long ALL = -1L;

  static Resolution of(Grant grant, NodeSpec node) {
    return new Search(grant, node).result();
  }

  /** A search for the slots of one grant. */
  private static final class Search {
    private final Grant grant;
    private final NodeSpec node;
    private final boolean sameComposition;
    private long closed;
    private Conflict.@Nullable Kind trouble;
    private String device = "";

    Search(Grant grant, NodeSpec node) {
      this.grant = grant;
      this.node = node;
      this.sameComposition =
          grant.composition().isEmpty() || grant.composition().equals(node.composition());
    }

    Resolution result() {
      List<ContainerSlots> containers = new ArrayList<>(grant.containers().size());
      for (ContainerGrant container : grant.containers()) {
        List<Slot> slots = new ArrayList<>(container.slots().size());
        for (SlotGrant slot : container.slots()) {
          Slot found = find(slot);
          if (found != null) {
            slots.add(found);
          }
        }
        if (!slots.isEmpty()) {
          containers.add(new ContainerSlots(container.name(), slots));
        }
      }
      Placement placement =
          new Placement(grant.node(), containers, grant.cpuMilli(), grant.hostMemoryMiB());
      return new Resolution(placement, closed, trouble, device);
    }

    private @Nullable Slot find(SlotGrant slot) {
      int gpu = index(slot);
      if (gpu < 0) {
        return null;
      }
      if (slot.profile() != null) {
        return instance(slot, slot.profile(), gpu);
      }
      return slot.smMilli() >= 0
          ? new Slot.Share(gpu, slot.memoryMiB(), slot.smMilli())
          : new Slot.Whole(gpu, slot.memoryMiB());
    }

    /** The index of the GPU now, or -1. */
    private int index(SlotGrant slot) {
      if (slot.uuid() != null) {
        int gpu = node.indexOfGpu(slot.uuid());
        return gpu >= 0 ? gpu : lost(slot.uuid(), node.unnamedGpus());
      }
      int gpu = slot.instance() == null ? -1 : node.indexOfInstance(slot.instance());
      if (gpu >= 0) {
        return gpu;
      }
      if (sameComposition && slot.gpu() < node.gpus().size()) {
        return slot.gpu();
      }
      return lost("the one with the index " + slot.gpu(), ALL);
    }

    private int lost(String gpu, long maybe) {
      closed |= maybe;
      report(maybe == 0 ? Conflict.Kind.GPU_GONE : Conflict.Kind.GPU_UNIDENTIFIED, gpu);
      return -1;
    }

    private @Nullable Slot instance(SlotGrant slot, String name, int gpu) {
      GpuSpec card = node.gpus().get(gpu);
      MigProfile profile = card.model().profile(name);
      int start = profile == null ? -1 : profile.sliceOfDriver(slot.start());
      if (profile == null || start < 0) {
        closed |= 1L << gpu;
        report(Conflict.Kind.NO_SUCH_SLOT, name + "@" + slot.start());
        return null;
      }
      if (slot.instance() != null && card.mode() == GpuMode.MIG) {
        MigInstance there = card.instance(profile, start);
        if (there == null || !Objects.equals(there.uuid(), slot.instance())) {
          closed |= 1L << gpu;
          report(Conflict.Kind.INSTANCE_GONE, slot.instance());
        }
      }
      return new Slot.Mig(gpu, profile, start, slot.memoryMiB());
    }

    /** The first trouble is told, unless a later one closes more. */
    private void report(Conflict.Kind kind, String what) {
      boolean worse = kind == Conflict.Kind.GPU_UNIDENTIFIED && trouble != kind;
      if (trouble == null || worse) {
        trouble = kind;
        device = what;
      }
    }
  }
}
