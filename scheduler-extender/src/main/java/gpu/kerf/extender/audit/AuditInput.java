package gpu.kerf.extender.audit;

import java.util.List;

/**
 * What objects of the API server say.
 *
 * @param findings what broke a rule already when it was read
 */
public record AuditInput(List<NodeGpus> nodes, List<Holding> holdings, List<Finding> findings) {
  public AuditInput {
    nodes = List.copyOf(nodes);
    holdings = List.copyOf(holdings);
    findings = List.copyOf(findings);
  }
}
