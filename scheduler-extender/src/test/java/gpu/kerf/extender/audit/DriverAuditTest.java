package gpu.kerf.extender.audit;

import static gpu.kerf.extender.audit.SmallCluster.gpuDevice;
import static gpu.kerf.extender.audit.SmallCluster.mig;
import static gpu.kerf.extender.audit.SmallCluster.share;
import static gpu.kerf.extender.audit.SmallCluster.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nodes whose GPUs a DRA driver hands out: what pods and claims hold of devices that it makes. */
class DriverAuditTest {
  private static final String SMALL = "gpu-0-mig-1g10gb-19-0";
  private static final String LARGE = "gpu-0-mig-3g40gb-9-0";

  private final SmallCluster cluster =
      new SmallCluster()
          .object(
              "Node", "{\"metadata\":{\"name\":\"a\",\"labels\":{\"kerf.gpu/delivery\":\"dra\"}}}")
          .slice(
              "a",
              gpuDevice(0, "GPU-0"),
              made(SMALL, "1g.10gb", 6),
              made(LARGE, "3g.40gb", 4, 5, 6, 7),
              gpuDevice(1, "GPU-1"));

  /** A MIG device of GPU-0 that the driver can make; its place stands in its counters alone. */
  private static String made(String name, String profile, int... slices) {
    List<String> counters = new ArrayList<>();
    for (int slice : slices) {
      counters.add("\"memory-slice-" + slice + "\":{\"value\":\"1\"}");
    }
    return """
    {"name":"%s","attributes":{"type":{"string":"mig"},"parentUUID":{"string":"GPU-0"},
     "profile":{"string":"%s"}},"capacity":{"memory":{"value":"9984Mi"}},
     "consumesCounters":[{"counterSet":"gpu-0-counter-set","counters":{%s}}]}
    """
        .formatted(name, profile, String.join(",", counters));
  }

  private static String own(String pod, String device, String more) {
    return """
    {"metadata":{"namespace":"ml","name":"kerf-uid-%1$s","uid":"uid-claim-%1$s",
      "ownerReferences":[{"kind":"Pod","name":"%1$s","uid":"uid-%1$s"}]},
     "status":{"allocation":{"devices":{"results":[
       {"driver":"gpu.nvidia.com","request":"r","pool":"a","device":"%2$s"%3$s}]}},
      "reservedFor":[{"resource":"pods","name":"%1$s","uid":"uid-%1$s"}]}}
    """
        .formatted(pod, device, more);
  }

  private List<Rule> rules() {
    return cluster.audit().findings().stream().map(Finding::rule).toList();
  }

  @Test
  void aDeviceThatTheDriverMadeForAPodIsThereAndCountsOnce() {
    cluster
        .pod("x", "a", mig(0, "GPU-0", "1g.10gb@6"))
        .object("ResourceClaim", own("x", SMALL, ""));
    assertThat(rules()).isEmpty();
  }

  @Test
  void aPlaceThatTheDriverDoesNotOfferIsMissing() {
    cluster.pod("x", "a", mig(0, "GPU-0", "1g.10gb@5"));
    assertThat(rules()).containsExactly(Rule.MISSING_INSTANCE);
  }

  @Test
  void aGpuThatCanBeCutCanBeGivenWhole() {
    cluster.pod("x", "a", whole(0, "GPU-0"));
    assertThat(rules()).isEmpty();
    cluster.claim("c", "a", SMALL, "z");
    assertThat(rules()).containsExactly(Rule.RESOURCE_CLAIM);
  }

  @Test
  void devicesOfClaimsOverlapByTheirCounters() {
    cluster.claim("c", "a", SMALL, "y").claim("d", "a", LARGE, "z");
    assertThat(rules()).containsExactly(Rule.RESOURCE_CLAIM);
  }

  @Test
  void theClaimOfAPodThatHasEndedHoldsNothing() {
    cluster
        .pod("x", "a", mig(0, "GPU-0", "1g.10gb@6"))
        .object("ResourceClaim", own("y", LARGE, ""));
    assertThat(rules()).isEmpty();
  }

  /** Pod x lives, and pod q names the claim of y, which has ended. */
  @Test
  void theClaimOfAPodThatHasEndedIsHeldByAnotherPodThatUsesIt() {
    String users = "\"reservedFor\":[";
    String other = "{\"resource\":\"pods\",\"uid\":\"uid-q\"},";
    String claim = own("y", LARGE, "").replace(users, users + other);
    cluster
        .pod("x", "a", mig(0, "GPU-0", "1g.10gb@6"))
        .object("Pod", "{\"metadata\":{\"uid\":\"uid-q\"}}")
        .object("ResourceClaim", claim);
    assertThat(rules()).containsExactly(Rule.RESOURCE_CLAIM);
  }

  @Test
  void partsOfASharedGpuAddUpAndThoseOfAPodsClaimCountOnce() {
    String part = ",\"shareID\":\"s\",\"consumedCapacity\":{\"memory\":\"45Gi\"}";
    cluster
        .pod("x", "a", share(1, "GPU-1", 45 * 1024, 0))
        .object("ResourceClaim", own("x", "gpu-1", part));
    assertThat(rules()).isEmpty();
    cluster.claim("c", "a", "gpu-1", part, new String[] {"z"});
    assertThat(rules()).containsExactly(Rule.MEMORY);
  }
}
