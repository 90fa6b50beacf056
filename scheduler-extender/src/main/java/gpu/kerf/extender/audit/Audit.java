package gpu.kerf.extender.audit;

import gpu.kerf.extender.audit.AuditReport.Part;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Collects everything that is held of each GPU, and compares it.
 *
 * <p>A GPU is identified by its uuid. Where the node gives no uuid, or the record of a slot has
 * none, it is identified by the node's name and the index.
 */
public final class Audit {
  private final Map<String, NodeGpus> nodes = new HashMap<>();
  private final Map<String, NodeGpus.Gpu> byUuid = new HashMap<>();
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final List<Finding> findings;
  private int gpus;

  /** One GPU with all that is held of it. */
  private record Group(
      String node, int index, String uuid, NodeGpus.@Nullable Gpu gpu, List<Part> parts) {}

  private Audit(AuditInput input) {
    this.findings = new ArrayList<>(input.findings());
  }

  /** Who holds what, and what is wrong with it. */
  public static AuditReport of(AuditInput input) {
    Audit audit = new Audit(input);
    input.nodes().forEach(audit::add);
    input.holdings().forEach(audit::add);
    return audit.report();
  }

  private void add(NodeGpus node) {
    nodes.put(node.node(), node);
    gpus += node.gpus().size();
    for (NodeGpus.Gpu gpu : node.gpus()) {
      NodeGpus.Gpu other = gpu.uuid().isEmpty() ? null : byUuid.putIfAbsent(gpu.uuid(), gpu);
      if (other != null) {
        findings.add(
            new Finding(
                Rule.DUPLICATE_GPU,
                gpu.node(),
                gpu.index(),
                gpu.uuid(),
                List.of(),
                other.text() + " is also listed as " + gpu.text() + "."));
      }
    }
  }

  private void add(Holding holding) {
    for (HeldSlot slot : holding.slots()) {
      Group group = group(holding, slot);
      group.parts.add(new Part(holding.holder(), slot));
    }
  }

  private Group group(Holding holding, HeldSlot slot) {
    NodeGpus.Gpu gpu = find(holding, slot);
    if (gpu == null) {
      missing(holding, slot);
      String key = slot.uuid().isEmpty() ? holding.node() + "#" + slot.gpu() : slot.uuid();
      return groups.computeIfAbsent(
          key, each -> new Group(holding.node(), slot.gpu(), slot.uuid(), null, new ArrayList<>()));
    }
    String key = gpu.uuid().isEmpty() ? gpu.node() + "#" + gpu.index() : gpu.uuid();
    return groups.computeIfAbsent(
        key, each -> new Group(gpu.node(), gpu.index(), gpu.uuid(), gpu, new ArrayList<>()));
  }

  /** The GPU that a slot means; null if the node has none such. */
  private NodeGpus.@Nullable Gpu find(Holding holding, HeldSlot slot) {
    NodeGpus there = nodes.get(holding.node());
    NodeGpus.Gpu named = slot.uuid().isEmpty() ? null : byUuid.get(slot.uuid());
    if (named != null) {
      if (!named.node().equals(holding.node()) && !lists(there, slot.uuid())) {
        findings.add(elsewhere(named, holding));
      }
      return named;
    }
    if (there == null) {
      return null;
    }
    for (NodeGpus.Gpu gpu : there.gpus()) {
      boolean unnamed = gpu.uuid().isEmpty() || slot.uuid().isEmpty();
      if (gpu.index() == slot.gpu() && unnamed) {
        return gpu;
      }
    }
    return null;
  }

  private static boolean lists(@Nullable NodeGpus node, String uuid) {
    return node != null && node.gpus().stream().anyMatch(gpu -> gpu.uuid().equals(uuid));
  }

  private static Finding elsewhere(NodeGpus.Gpu gpu, Holding holding) {
    String text = "%s of node %s holds %s.".formatted(holding.holder(), holding.node(), gpu.text());
    return new Finding(
        Rule.MISSING_GPU, holding.node(), gpu.index(), gpu.uuid(), List.of(holding.holder()), text);
  }

  private void missing(Holding holding, HeldSlot slot) {
    NodeGpus there = nodes.get(holding.node());
    boolean foreign = slot.kind() == HeldSlot.Kind.FOREIGN || holding.holder().isClaim();
    if (there == null || !there.complete() || foreign) {
      return;
    }
    String text =
        "%s holds GPU %d%s of node %s, which lists no such GPU in %s."
            .formatted(
                holding.holder(),
                slot.gpu(),
                slot.uuid().isEmpty() ? "" : " (" + slot.uuid() + ")",
                holding.node(),
                there.source());
    findings.add(
        new Finding(
            Rule.MISSING_GPU,
            holding.node(),
            slot.gpu(),
            slot.uuid(),
            List.of(holding.holder()),
            text));
  }

  private AuditReport report() {
    List<AuditReport.HeldGpu> held = new ArrayList<>();
    for (Group group : groups.values()) {
      GpuAudit audit = new GpuAudit(group.node, group.index, group.uuid, group.gpu, group.parts);
      findings.addAll(audit.findings());
      held.add(audit.held());
    }
    held.sort(
        Comparator.comparing(AuditReport.HeldGpu::node)
            .thenComparingInt(AuditReport.HeldGpu::index)
            .thenComparing(AuditReport.HeldGpu::uuid));
    findings.sort(
        Comparator.comparing(Finding::rule)
            .thenComparing(Finding::node)
            .thenComparingInt(Finding::gpu));
    int withGpus = (int) nodes.values().stream().filter(node -> !node.gpus().isEmpty()).count();
    return new AuditReport(withGpus, gpus, held, findings);
  }
}
