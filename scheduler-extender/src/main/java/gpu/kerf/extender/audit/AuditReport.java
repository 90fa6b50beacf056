package gpu.kerf.extender.audit;

import gpu.kerf.extender.audit.Rule.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * The result of an audit: which pod holds which part of which GPU, and which rules are broken.
 *
 * @param nodes how many nodes have GPUs
 * @param gpus how many GPUs those have
 * @param held the GPUs of which something is held, by node and index
 */
public record AuditReport(int nodes, int gpus, List<HeldGpu> held, List<Finding> findings) {
  public AuditReport {
    held = List.copyOf(held);
    findings = List.copyOf(findings);
  }

  /** A GPU and what is held of it. */
  public record HeldGpu(String node, int index, String uuid, List<Part> parts) {
    public HeldGpu {
      parts = List.copyOf(parts);
    }
  }

  /** One slot with who holds it. */
  public record Part(Claimant holder, HeldSlot slot) {
    String text() {
      return holder + (slot.by().isEmpty() ? "" : " (" + slot.by() + ")") + " with " + slot.text();
    }
  }

  public List<Finding> of(Level level) {
    return findings.stream().filter(finding -> finding.rule().level() == level).toList();
  }

  public List<Finding> overlaps() {
    return of(Level.OVERLAP);
  }

  public long holders() {
    return held.stream()
        .flatMap(gpu -> gpu.parts().stream())
        .map(part -> part.holder().uid())
        .distinct()
        .count();
  }

  /** The same with only those findings that another reading, shortly after, had as well. */
  public AuditReport confirmedBy(AuditReport later) {
    List<Finding> both = new ArrayList<>();
    for (Finding finding : later.findings) {
      if (findings.stream().anyMatch(finding::isConfirmedBy)) {
        both.add(finding);
      }
    }
    return new AuditReport(later.nodes, later.gpus, later.held, both);
  }
}
