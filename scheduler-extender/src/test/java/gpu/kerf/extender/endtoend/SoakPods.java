package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.audit.AuditReport;
import gpu.kerf.extender.audit.AuditReport.HeldGpu;
import gpu.kerf.extender.audit.HeldSlot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * The pods of a soak, and whether one of them would fit: worked out from the kinds of nodes below,
 * with no code of Kerf.
 */
final class SoakPods {
  static final String KIND = "soak-kind";

  private static final int SHARE_MIB = 20 * 1024;

  /** What pods may share of an H100: the driver keeps the rest. */
  private static final int SHAREABLE_MIB = 81_152;

  private static final int GPUS_OF_H100 = 8;

  /** The instances of each GPU of {@link gpu.kerf.extender.controlplane.Inventory#fourCutA100}. */
  private static final Set<Integer> STARTS = Set.of(0, 2, 3, 4);

  /** Those of 8 GiB and more among them: 2g.10gb and 3g.20gb. */
  private static final Set<Integer> LARGE_STARTS = Set.of(0, 4);

  private final Random random;
  private final List<String> live = new ArrayList<>();
  private int made;

  /** What a pod asks for. */
  enum Kind {
    SMALL_INSTANCE,
    LARGE_INSTANCE,
    SHARE,
    WHOLE
  }

  SoakPods(long seed) {
    this.random = new Random(seed);
  }

  /** A pod more, of any kind. */
  Pod next() {
    Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
    String name = "pod-" + made++;
    live.add(name);
    Pod pod = Pod.named(name).labelled(KIND, kind.name());
    Pod asking =
        switch (kind) {
          case SMALL_INSTANCE -> pod.memory("4Gi").wall("mig");
          case LARGE_INSTANCE -> pod.memory("8Gi").wall("mig");
          case SHARE -> pod.memory("20Gi").wall("mps");
          case WHOLE -> pod.whole(1);
        };
    return random.nextInt(3) == 0 ? asking.endsAfter(1 + random.nextInt(4) + "s") : asking;
  }

  /** One that is there and shall go. */
  String leaving() {
    return live.remove(random.nextInt(live.size()));
  }

  /** The one whose turn a number says, which shall go; null if there is none. */
  String leaving(int pick) {
    return live.isEmpty() ? "" : live.remove(pick % live.size());
  }

  int live() {
    return live.size();
  }

  int made() {
    return made;
  }

  /** A free slot for a pod that waits; empty if there is none. */
  static String freeSlot(JsonNode pod, AuditReport held, Set<String> cutNodes, Set<String> plain) {
    Kind kind = Kind.valueOf(pod.at("/metadata/labels/" + KIND).asText());
    return switch (kind) {
      case SMALL_INSTANCE -> freeInstance(held, cutNodes, STARTS);
      case LARGE_INSTANCE -> freeInstance(held, cutNodes, LARGE_STARTS);
      case SHARE -> freePlain(held, plain, SHARE_MIB);
      case WHOLE -> freePlain(held, plain, SHAREABLE_MIB);
    };
  }

  private static String freeInstance(AuditReport held, Set<String> nodes, Set<Integer> starts) {
    for (String node : nodes) {
      for (int gpu = 0; gpu < 4; gpu++) {
        Set<Integer> free = new HashSet<>(starts);
        for (HeldSlot slot : slots(held, node, gpu)) {
          free.remove(slot.start());
        }
        if (!free.isEmpty()) {
          return "GPU " + gpu + " of " + node + " at " + free;
        }
      }
    }
    return "";
  }

  private static String freePlain(AuditReport held, Set<String> nodes, int memoryMiB) {
    for (String node : nodes) {
      for (int gpu = 0; gpu < GPUS_OF_H100; gpu++) {
        List<HeldSlot> slots = slots(held, node, gpu);
        boolean whole = slots.stream().anyMatch(slot -> slot.kind() == HeldSlot.Kind.WHOLE);
        long used = slots.stream().mapToLong(HeldSlot::memoryMiB).sum();
        if (!whole && used + memoryMiB <= SHAREABLE_MIB) {
          return "GPU " + gpu + " of " + node + " with " + used + " MiB held";
        }
      }
    }
    return "";
  }

  private static List<HeldSlot> slots(AuditReport held, String node, int gpu) {
    List<HeldSlot> slots = new ArrayList<>();
    for (HeldGpu each : held.held()) {
      if (each.node().equals(node) && each.index() == gpu) {
        each.parts().forEach(part -> slots.add(part.slot()));
      }
    }
    return slots;
  }
}
