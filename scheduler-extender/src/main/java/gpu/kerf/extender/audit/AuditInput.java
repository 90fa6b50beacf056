package gpu.kerf.extender.audit;

import java.util.List;

/**
 * The facts that the audit compares, as read from objects of the API server.
 *
 * @param findings breaches of rules that were found while reading
 */
public record AuditInput(List<NodeGpus> nodes, List<Holding> holdings, List<Finding> findings) {
  public AuditInput {
    nodes = List.copyOf(nodes);
    holdings = List.copyOf(holdings);
    findings = List.copyOf(findings);
  }
}
