package gpu.kerf.extender.audit;

import gpu.kerf.extender.audit.AuditReport.Part;
import gpu.kerf.extender.audit.HeldSlot.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares what is held of one GPU: every part with every other one, and all of them together. */
final class GpuAudit {
  private static final int ALL_MULTIPROCESSORS = 1000;
  private static final int MOST_PARTS_IN_A_SENTENCE = 6;

  private final String node;
  private final int index;
  private final String uuid;
  private final NodeGpus.@Nullable Gpu gpu;
  private final List<Part> parts;
  private final Map<Rule, Set<Part>> broken = new EnumMap<>(Rule.class);

  /**
   * @param gpu what the node says of it; null where it says nothing
   */
  GpuAudit(String node, int index, String uuid, NodeGpus.@Nullable Gpu gpu, List<Part> parts) {
    this.node = node;
    this.index = index;
    this.uuid = uuid;
    this.gpu = gpu;
    this.parts = measured(gpu, parts);
  }

  /** The parts with the lengths of MIG instances where those follow from their profiles. */
  private static List<Part> measured(NodeGpus.@Nullable Gpu gpu, List<Part> parts) {
    if (gpu == null) {
      return parts;
    }
    List<Part> measured = new ArrayList<>();
    for (Part part : parts) {
      HeldSlot slot = part.slot();
      boolean open = slot.isMig() && slot.size() == 0;
      int size = open ? MigSizes.size(gpu.model(), gpu.memoryMiB(), slot.profile()) : slot.size();
      measured.add(new Part(part.holder(), slot.withSize(size)));
    }
    return measured;
  }

  AuditReport.HeldGpu held() {
    return new AuditReport.HeldGpu(node, index, uuid, parts);
  }

  List<Finding> findings() {
    for (int i = 0; i < parts.size(); i++) {
      for (int j = i + 1; j < parts.size(); j++) {
        compare(parts.get(i), parts.get(j));
      }
    }
    if (gpu != null) {
      addUp(gpu);
      parts.forEach(part -> existence(gpu, part));
    }
    List<Finding> findings = new ArrayList<>();
    broken.forEach((rule, who) -> findings.add(finding(rule, who)));
    return findings;
  }

  private void compare(Part one, Part other) {
    if (one.holder().mayShareWith(other.holder())) {
      return;
    }
    Rule rule = collision(one.slot(), other.slot());
    if (rule != null) {
      boolean claim = one.holder().isClaim() || other.holder().isClaim();
      add(claim ? Rule.RESOURCE_CLAIM : rule, one, other);
    }
  }

  private static @Nullable Rule collision(HeldSlot one, HeldSlot other) {
    boolean foreign = one.kind() == Kind.FOREIGN;
    if (foreign != (other.kind() == Kind.FOREIGN)) {
      return Rule.OTHER_SCHEDULER;
    }
    if (foreign) {
      return null; // how others share among themselves is theirs
    }
    if (one.kind() == Kind.WHOLE || other.kind() == Kind.WHOLE) {
      return Rule.WHOLE_GPU;
    }
    if (one.kind() != other.kind()) {
      return Rule.MIG_AND_SHARE;
    }
    return one.isMig() ? collisionOfInstances(one, other) : null;
  }

  private static @Nullable Rule collisionOfInstances(HeldSlot one, HeldSlot other) {
    boolean sameUuid = !one.instance().isEmpty() && one.instance().equals(other.instance());
    if (sameUuid || (one.start() == other.start() && one.profile().equals(other.profile()))) {
      return Rule.MIG_INSTANCE;
    }
    int end = one.start() + Math.max(1, one.size());
    int otherEnd = other.start() + Math.max(1, other.size());
    return one.start() < otherEnd && other.start() < end ? Rule.MIG_SLICES : null;
  }

  private void addUp(NodeGpus.Gpu known) {
    List<Part> shares =
        parts.stream()
            .filter(part -> part.slot().kind() == Kind.SHARE && !isSaidByItsPod(part))
            .toList();
    long memory = shares.stream().mapToLong(part -> part.slot().memoryMiB()).sum();
    long multiprocessors = shares.stream().mapToLong(part -> part.slot().smMilli()).sum();
    if (known.memoryMiB() > 0 && memory > known.memoryMiB()) {
      add(Rule.MEMORY, shares.toArray(Part[]::new));
    }
    if (multiprocessors > ALL_MULTIPROCESSORS) {
      add(Rule.MULTIPROCESSORS, shares.toArray(Part[]::new));
    }
  }

  /** What the claim of a pod has is what the pod has, and counts once. */
  private boolean isSaidByItsPod(Part part) {
    return part.holder().isClaim()
        && parts.stream()
            .anyMatch(
                other -> !other.holder().isClaim() && part.holder().mayShareWith(other.holder()));
  }

  /** Whether a GPU in its mode can have such a part at all. */
  private void existence(NodeGpus.Gpu known, Part part) {
    HeldSlot slot = part.slot();
    if (slot.kind() == Kind.FOREIGN || part.holder().isClaim()) {
      return; // a claim's devices come from the driver that makes them
    }
    boolean there = slot.isMig() ? known.canBeCut() && hasInstance(known, slot) : known.isPlain();
    if (!there) {
      add(Rule.MISSING_INSTANCE, part);
    }
  }

  private static boolean hasInstance(NodeGpus.Gpu known, HeldSlot slot) {
    if (known.instances().isEmpty() && !known.mode().equals("mig")) {
      return slot.size() > 0
          && slot.start() >= 0
          && slot.start() % slot.size() == 0
          && slot.start() + slot.size() <= MigSizes.units(known.model());
    }
    return known.instances().stream().anyMatch(instance -> isIt(known, instance, slot));
  }

  private static boolean isIt(NodeGpus.Gpu known, NodeGpus.Instance instance, HeldSlot slot) {
    if (!slot.instance().isEmpty() && !instance.uuid().isEmpty()) {
      return slot.instance().equals(instance.uuid());
    }
    int size =
        instance.size() > 0
            ? instance.size()
            : MigSizes.size(known.model(), known.memoryMiB(), instance.profile());
    return instance.start() == slot.start()
        && (instance.profile().equals(slot.profile()) || (size > 0 && size == slot.size()));
  }

  private void add(Rule rule, Part... who) {
    broken.computeIfAbsent(rule, each -> new LinkedHashSet<>()).addAll(List.of(who));
  }

  private Finding finding(Rule rule, Set<Part> who) {
    Map<String, Claimant> holders = new LinkedHashMap<>();
    List<String> texts = new ArrayList<>();
    for (Part part : who) {
      holders.putIfAbsent(part.holder().uid(), part.holder());
      texts.add(part.text());
    }
    int more = texts.size() - MOST_PARTS_IN_A_SENTENCE;
    String names = String.join(", ", texts.subList(0, texts.size() - Math.max(0, more)));
    String text =
        "%s: %s%s %s%s."
            .formatted(
                name(), names, more > 0 ? " and " + more + " more" : "", rule.text(), limit(rule));
    return new Finding(rule, node, index, uuid, List.copyOf(holders.values()), text);
  }

  private String limit(Rule rule) {
    return rule == Rule.MEMORY && gpu != null ? " (" + gpu.memoryMiB() + " MiB)" : "";
  }

  private String name() {
    return gpu != null
        ? gpu.text()
        : new NodeGpus.Gpu(node, index, uuid, "", 0, "", List.of()).text();
  }
}
