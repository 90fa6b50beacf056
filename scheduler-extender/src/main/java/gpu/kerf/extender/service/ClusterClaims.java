package gpu.kerf.extender.service;

import gpu.kerf.extender.admission.ClaimView;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import java.util.List;

/** What reviews may know of the claims in a cluster. */
record ClusterClaims(Cluster cluster) implements ClaimView {

  @Override
  public ClaimFinding of(String namespace, List<PodView.Claim> claims) {
    return cluster.claimsOf(namespace, claims);
  }

  @Override
  public ClaimFinding ofResource(String resource) {
    return cluster.claimOfResource(resource);
  }
}
