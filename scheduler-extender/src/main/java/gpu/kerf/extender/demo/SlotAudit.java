package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.audit.Audit;
import gpu.kerf.extender.audit.AuditInput;
import gpu.kerf.extender.audit.AuditReport;
import gpu.kerf.extender.audit.ClusterReader;
import gpu.kerf.extender.audit.Finding;
import gpu.kerf.extender.audit.HeldSlot;
import gpu.kerf.extender.audit.Holding;
import gpu.kerf.extender.audit.NodeGpus;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Checks that no part of a GPU is ever given to two pods, using only the placements that were
 * written on the pods: after every binding the auditor, which shares no code with the ledger,
 * compares everything on the node.
 */
final class SlotAudit {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a pod holds of one GPU. {@code mask} are MIG slices, {@code smMilli} is of a share. */
  record Held(String uid, Kind kind, long memoryMiB, int mask, int smMilli) {}

  /** How it is held. */
  enum Kind {
    WHOLE,
    MIG,
    SHARE
  }

  private final Map<String, Node> nodes = new LinkedHashMap<>();
  private final List<String> violations = new ArrayList<>();
  private long heldMiB;
  private int gpusInUse;

  SlotAudit(List<NodeSpec> fleet) {
    fleet.forEach(node -> nodes.put(node.name(), new Node(node)));
  }

  /** A node with what its pods hold. */
  private static final class Node {
    private final NodeSpec spec;
    private final NodeGpus gpus;
    private final Map<String, Holding> pods = new LinkedHashMap<>();

    Node(NodeSpec spec) {
      List<NodeGpus.Gpu> listed = new ArrayList<>();
      for (GpuSpec gpu : spec.gpus()) {
        listed.add(listed(spec.name(), listed.size(), gpu));
      }
      this.spec = spec;
      this.gpus = new NodeGpus(spec.name(), "the fleet", true, listed);
    }

    private static NodeGpus.Gpu listed(String node, int index, GpuSpec gpu) {
      List<NodeGpus.Instance> instances = new ArrayList<>();
      gpu.instances()
          .forEach(
              each ->
                  instances.add(
                      new NodeGpus.Instance(
                          Objects.requireNonNullElse(each.uuid(), ""),
                          each.profile().name(),
                          each.profile().driverStart(each.start()),
                          0)));
      return new NodeGpus.Gpu(
          node,
          index,
          Objects.requireNonNullElse(gpu.uuid(), ""),
          gpu.model().name(),
          gpu.memoryMiB(),
          gpu.mode().word(),
          instances);
    }

    AuditReport audit(List<Finding> whileReading) {
      return Audit.of(new AuditInput(List.of(gpus), List.copyOf(pods.values()), whileReading));
    }

    long heldMiB() {
      return slots().stream().mapToLong(HeldSlot::memoryMiB).sum();
    }

    int gpusInUse() {
      return (int) slots().stream().mapToInt(HeldSlot::gpu).distinct().count();
    }

    private List<HeldSlot> slots() {
      return pods.values().stream().flatMap(pod -> pod.slots().stream()).toList();
    }
  }

  /** A pod was bound to a node with this placement record. */
  void bound(String uid, String name, String record) {
    Node node = nodes.get(name);
    if (node == null) {
      violations.add(uid + " is bound to " + name + ", which is not there");
      return;
    }
    AuditInput read = read(uid, name, record);
    change(node, () -> read.holdings().forEach(holding -> node.pods.put(uid, holding)));
    for (Finding finding : node.audit(read.findings()).findings()) {
      if (finding.holders().stream().anyMatch(holder -> holder.uid().equals(uid))) {
        violations.add(finding.text());
      }
    }
  }

  private static AuditInput read(String uid, String node, String record) {
    ObjectNode pod = JSON.createObjectNode();
    pod.withObject("/metadata")
        .put("name", uid)
        .put("uid", uid)
        .withObject("/annotations")
        .put("kerf.gpu/placement", record);
    pod.withObject("/spec").put("nodeName", node);
    ClusterReader reader = new ClusterReader();
    reader.add("Pod", pod);
    return reader.input();
  }

  /** A pod is gone, and holds nothing any more. */
  void gone(String uid, String name) {
    Node node = nodes.get(name);
    if (node != null) {
      change(node, () -> node.pods.remove(uid));
    }
  }

  private void change(Node node, Runnable change) {
    heldMiB -= node.heldMiB();
    gpusInUse -= node.gpusInUse();
    change.run();
    heldMiB += node.heldMiB();
    gpusInUse += node.gpusInUse();
  }

  /** What is on the GPUs of a node, by index. */
  List<List<Held>> on(String name) {
    Node node = Objects.requireNonNull(nodes.get(name));
    List<List<Held>> gpus = new ArrayList<>();
    node.spec.gpus().forEach(gpu -> gpus.add(new ArrayList<>()));
    for (AuditReport.HeldGpu gpu : node.audit(List.of()).held()) {
      if (gpu.index() >= 0 && gpu.index() < gpus.size()) {
        GpuSpec card = node.spec.gpus().get(gpu.index());
        gpu.parts().forEach(part -> gpus.get(gpu.index()).add(held(card, part)));
      }
    }
    return gpus;
  }

  private static Held held(GpuSpec card, AuditReport.Part part) {
    HeldSlot slot = part.slot();
    Kind kind =
        switch (slot.kind()) {
          case MIG -> Kind.MIG;
          case SHARE -> Kind.SHARE;
          case WHOLE, FOREIGN -> Kind.WHOLE;
        };
    int mask = kind == Kind.MIG ? mask(card, slot) : 0;
    return new Held(part.holder().uid(), kind, slot.memoryMiB(), mask, slot.smMilli());
  }

  /** The slices of an instance; the driver may count several units in one. */
  private static int mask(GpuSpec card, HeldSlot slot) {
    List<MigProfile> profiles = card.model().profiles();
    int unit = profiles.isEmpty() ? 1 : profiles.get(0).driverStart(1);
    return ((1 << (slot.size() / unit)) - 1) << (slot.start() / unit);
  }

  long heldMiB() {
    return heldMiB;
  }

  /** How many GPUs pods hold a part of. */
  int gpusInUse() {
    return gpusInUse;
  }

  /** Everything that should not be. */
  List<String> violations() {
    return violations;
  }
}
