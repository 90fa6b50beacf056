package gpu.kerf.extender.audit;

import static gpu.kerf.extender.audit.SmallCluster.cut;
import static gpu.kerf.extender.audit.SmallCluster.dynamic;
import static gpu.kerf.extender.audit.SmallCluster.gpuDevice;
import static gpu.kerf.extender.audit.SmallCluster.mig;
import static gpu.kerf.extender.audit.SmallCluster.migDevice;
import static gpu.kerf.extender.audit.SmallCluster.placement;
import static gpu.kerf.extender.audit.SmallCluster.plain;
import static gpu.kerf.extender.audit.SmallCluster.share;
import static gpu.kerf.extender.audit.SmallCluster.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * One small cluster for each way in which something can be held twice, and for those that look so.
 */
class AuditTest {
  private final SmallCluster cluster = new SmallCluster();

  @Test
  void differentPartsAreHeldByDifferentPods() {
    cluster
        .node("a", plain("GPU-0"), plain("GPU-1"), cut("GPU-2", "3g.40gb@0", "1g.10gb@4"))
        .pod("whole", "a", whole(0, "GPU-0"))
        .pod("half", "a", share(1, "GPU-1", 40_000, 500))
        .pod("other-half", "a", share(1, "GPU-1", 41_559, 500))
        .pod("large", "a", mig(2, "GPU-2", "3g.40gb@0"))
        .pod("small", "a", mig(2, "GPU-2", "1g.10gb@4"));
    assertThat(findings()).isEmpty();
    assertThat(cluster.audit().held()).hasSize(3);
    assertThat(cluster.audit().holders()).isEqualTo(5);
    assertThat(cluster.audit().gpus()).isEqualTo(3);
  }

  @Test
  void wholeGpuIsHeldByTwoPods() {
    cluster
        .node("a", plain("GPU-0"))
        .pod("x", "a", whole(0, "GPU-0"))
        .pod("y", "a", whole(0, "GPU-0"));
    assertFound(Rule.WHOLE_GPU, "x", "y");
    assertThat(cluster.audit().overlaps().get(0).text())
        .isEqualTo(
            "GPU 0 (GPU-0) of node a: pod ml/x (main) with the whole GPU, pod ml/y (main) with the"
                + " whole GPU hold a whole GPU and something else on it.");
  }

  @Test
  void wholeGpuIsHeldBesideShare() {
    cluster
        .node("a", plain("GPU-0"))
        .pod("x", "a", whole(0, "GPU-0"))
        .pod("y", "a", share(0, "GPU-0", 10, 0));
    assertFound(Rule.WHOLE_GPU, "x", "y");
  }

  @Test
  void gpuIsItsUuidAndNotItsPosition() {
    // Before a reboot GPU-1 was the first one.
    cluster
        .node("a", plain("GPU-0"), plain("GPU-1"))
        .pod("x", "a", whole(0, "GPU-1"))
        .pod("y", "a", whole(1, "GPU-1"))
        .pod("z", "a", whole(0, "GPU-0"));
    assertFound(Rule.WHOLE_GPU, "x", "y");
  }

  @Test
  void recordWithoutUuidMeansTheGpuAtItsIndex() {
    cluster.node("a", plain("GPU-0")).pod("x", "a", whole(0, "")).pod("y", "a", whole(0, "GPU-0"));
    assertFound(Rule.WHOLE_GPU, "x", "y");
  }

  @Test
  void nodeWithoutUuidsIsComparedByIndex() {
    cluster
        .object(
            "Node",
            """
            {"metadata":{"name":"a","labels":{"nvidia.com/gpu.product":"NVIDIA-L4",
              "nvidia.com/gpu.count":"2","nvidia.com/gpu.memory":"23034"}}}""")
        .pod("x", "a", share(1, "", 20_000, 0))
        .pod("y", "a", share(1, "", 3_035, 0))
        .pod("z", "a", share(0, "", 23_034, 0));
    // 20000 + 3035 = 23035, one more than there is.
    assertFound(Rule.MEMORY, "x", "y");
  }

  @Test
  void sameMigInstanceIsHeldByTwoPods() {
    cluster
        .node("a", cut("GPU-0", "1g.10gb@0", "1g.10gb@1"))
        .pod("x", "a", mig(0, "GPU-0", "1g.10gb@1", "MIG-GPU-0-1"))
        .pod("y", "a", mig(0, "GPU-0", "1g.10gb@1"));
    assertFound(Rule.MIG_INSTANCE, "x", "y");
  }

  @Test
  void migInstancesOverlapInOneMemorySlice() {
    // 3g.40gb takes the slices 0 to 3.
    cluster
        .node("a", dynamic("GPU-0"))
        .pod("x", "a", mig(0, "GPU-0", "3g.40gb@0"))
        .pod("y", "a", mig(0, "GPU-0", "1g.10gb@3"))
        .pod("z", "a", mig(0, "GPU-0", "1g.10gb@4"));
    assertFound(Rule.MIG_SLICES, "x", "y");
  }

  @Test
  void twoContainersOfOnePodHoldTheSame() {
    cluster
        .node("a", cut("GPU-0", "1g.10gb@0"))
        .pod("x", "a", mig(0, "GPU-0", "1g.10gb@0"), mig(0, "GPU-0", "1g.10gb@0"));
    assertFound(Rule.MIG_INSTANCE, "x");
  }

  @Test
  void sharesHoldMoreMultiprocessorsThanThereAre() {
    cluster
        .node("a", plain("GPU-0"))
        .pod("x", "a", share(0, "GPU-0", 10, 600))
        .pod("y", "a", share(0, "GPU-0", 10, 401));
    assertFound(Rule.MULTIPROCESSORS, "x", "y");
  }

  @Test
  void migInstanceIsHeldBesideShare() {
    cluster
        .node("a", dynamic("GPU-0"))
        .pod("x", "a", mig(0, "GPU-0", "1g.10gb@0"))
        .pod("y", "a", share(0, "GPU-0", 10, 0));
    assertThat(findings()).contains("mig-and-share [x, y]");
  }

  @Test
  void gpuIsNotThereAnyMore() {
    cluster.node("a", plain("GPU-0")).pod("x", "a", whole(1, "GPU-1"));
    assertFound(Rule.MISSING_GPU, "x");
  }

  @Test
  void podsThatHoldOneMissingGpuOverlapAllTheSame() {
    cluster
        .node("a", plain("GPU-0"))
        .pod("x", "a", whole(1, "GPU-1"))
        .pod("y", "a", whole(0, "GPU-1"));
    assertThat(findings()).contains("whole-gpu [x, y]");
  }

  @Test
  void gpuIsOnAnotherNodeNow() {
    cluster
        .node("a", plain("GPU-0"))
        .node("b", plain("GPU-1"))
        .pod("x", "a", whole(0, "GPU-1"))
        .pod("y", "b", whole(0, "GPU-1"));
    assertThat(findings()).contains("missing-gpu [x]", "whole-gpu [x, y]");
  }

  @Test
  void migInstanceIsNotThere() {
    cluster
        .node("a", cut("GPU-0", "3g.40gb@0"), cut("GPU-1", "3g.40gb@4"))
        .pod("x", "a", mig(0, "GPU-0", "3g.40gb@4"))
        .pod("y", "a", mig(1, "GPU-1", "3g.40gb@4", "MIG-of-before"));
    assertThat(findings()).containsExactly("missing-instance [x]", "missing-instance [y]");
  }

  @Test
  void instanceIsFoundUnderTheNameOfAnotherDriver() {
    cluster.node("a", cut("GPU-0", "3g.39gb@4")).pod("x", "a", mig(0, "GPU-0", "3g.40gb@4"));
    assertThat(findings()).isEmpty();
  }

  @Test
  void gpuIsInAnotherMode() {
    cluster
        .node("a", cut("GPU-0", "3g.40gb@0"), plain("GPU-1"))
        .pod("x", "a", whole(0, "GPU-0"))
        .pod("y", "a", mig(1, "GPU-1", "3g.40gb@0"));
    assertThat(findings()).containsExactly("missing-instance [x]", "missing-instance [y]");
  }

  @Test
  void dynamicGpuHasNoInstanceBeyondItsSlices() {
    cluster
        .node("a", dynamic("GPU-0"))
        .pod("x", "a", mig(0, "GPU-0", "3g.40gb@2"))
        .pod("y", "a", mig(0, "GPU-0", "3g.40gb@8"));
    assertThat(findings()).containsExactly("missing-instance [x, y]");
  }

  @Test
  void podThatIsOverHoldsNothingAndOneThatIsDeletedHolds() {
    cluster
        .node("a", plain("GPU-0"))
        .recorded("over", "a", "Succeeded", placement("a", whole(0, "GPU-0")))
        .recorded("failed", "a", "Failed", placement("a", whole(0, "GPU-0")))
        .recorded("unbound", "", "Pending", placement("a", whole(0, "GPU-0")))
        .recorded("starting", "a", "Pending", placement("a", whole(0, "GPU-0")))
        .object(
            "Pod",
            """
            {"metadata":{"namespace":"ml","name":"leaving","uid":"uid-leaving",
              "deletionTimestamp":"2026-01-01T00:00:00Z","annotations":{"kerf.gpu/placement":%s}},
             "spec":{"nodeName":"a"},"status":{"phase":"Running"}}"""
                .formatted(quoted(placement("a", whole(0, "GPU-0")))));
    assertFound(Rule.WHOLE_GPU, "leaving", "starting");
  }

  @Test
  void podIsBoundToAnotherNodeThanItsPlacementSays() {
    cluster
        .node("a", plain("GPU-0"))
        .node("b", plain("GPU-1"))
        .recorded("x", "a", "Running", placement("b", whole(0, "")));
    assertFound(Rule.OTHER_NODE, "x");
  }

  @Test
  void unreadableRecordIsFoundAndItsReadableSlotsCount() {
    cluster
        .node("a", plain("GPU-0"))
        .recorded("x", "a", "Running", "nonsense")
        .recorded("y", "a", "Running", placement("a", "{\"gpu\":\"0\"}", whole(0, "GPU-0")))
        .recorded("z", "a", "Running", placement("a", whole(0, "GPU-0")));
    assertThat(findings()).containsExactly("whole-gpu [y, z]", "unreadable [x]", "unreadable [y]");
    assertThat(cluster.audit().of(Rule.Level.UNKNOWN)).hasSize(2);
  }

  @Test
  void unreadableInventoryIsFoundAndItsPodsAreComparedAllTheSame() {
    cluster
        .object(
            "Node",
            "{\"metadata\":{\"name\":\"a\",\"annotations\":{\"kerf.gpu/inventory\":\"?\"}}}")
        .pod("x", "a", mig(0, "", "1g.10gb@0"))
        .pod("y", "a", mig(0, "", "1g.10gb@0"));
    assertThat(findings()).containsExactly("mig-instance [x, y]", "unreadable []");
  }

  @Test
  void twoNodesListTheSameGpu() {
    cluster.node("a", plain("GPU-0")).node("b", plain("GPU-0"));
    assertFound(Rule.DUPLICATE_GPU);
  }

  @Test
  void claimHoldsTheDeviceThatKerfGaveAway() {
    cluster
        .object("Node", "{\"metadata\":{\"name\":\"a\"}}")
        .slice("a", gpuDevice(0, "GPU-0"), gpuDevice(1, "GPU-1"))
        .pod("x", "a", share(0, "GPU-0", 10, 0))
        .pod("y", "a", share(1, "GPU-1", 10, 0))
        .claim("c", "a", "gpu-0", "z");
    assertFound(Rule.RESOURCE_CLAIM, "x", "claim-c");
  }

  @Test
  void claimHoldsMemorySlicesThatKerfGaveAway() {
    cluster
        .object("Node", "{\"metadata\":{\"name\":\"a\"}}")
        .slice(
            "a",
            gpuDevice(0, "GPU-0"),
            migDevice("gpu-0-mig-3g40gb-0", "GPU-0", "MIG-1", "3g.40gb", 0, 1, 2, 3),
            migDevice("gpu-0-mig-1g10gb-4", "GPU-0", "MIG-2", "1g.10gb", 4))
        .pod("x", "a", mig(0, "GPU-0", "3g.40gb@0", "MIG-1"))
        .pod("y", "a", mig(0, "GPU-0", "1g.10gb@4", "MIG-2"))
        .claim("c", "a", "gpu-0-mig-3g40gb-0", "z");
    assertFound(Rule.RESOURCE_CLAIM, "x", "claim-c");
  }

  @Test
  void claimOfThePodThatHoldsTheDeviceIsNoOverlap() {
    cluster
        .object("Node", "{\"metadata\":{\"name\":\"a\"}}")
        .slice("a", gpuDevice(0, "GPU-0"))
        .pod("x", "a", whole(0, "GPU-0"))
        .claim("c", "a", "gpu-0", "x");
    assertThat(findings()).isEmpty();
  }

  @Test
  void adminAccessTakesNothing() {
    cluster
        .object("Node", "{\"metadata\":{\"name\":\"a\"}}")
        .slice("a", gpuDevice(0, "GPU-0"))
        .pod("x", "a", whole(0, "GPU-0"))
        .claim("c", "a", "gpu-0", ",\"adminAccess\":true", new String[] {"z"});
    assertThat(findings()).isEmpty();
  }

  @Test
  void deviceIsAllocatedToTwoClaims() {
    cluster
        .slice("a", gpuDevice(0, "GPU-0"))
        .claim("c", "a", "gpu-0", "x")
        .claim("d", "a", "gpu-0", "y");
    assertFound(Rule.RESOURCE_CLAIM, "claim-c", "claim-d");
  }

  @Test
  void deviceOfClaimThatNoSliceListsIsUnknown() {
    cluster.claim("c", "a", "gpu-7", "x");
    assertFound(Rule.UNKNOWN_DEVICES, "claim-c");
  }

  @Test
  void gpuMissingFromHalfOfPoolIsNotCalledMissing() {
    cluster
        .object("Node", "{\"metadata\":{\"name\":\"a\"}}")
        .object(
            "ResourceSlice",
            """
            {"metadata":{"name":"s"},"spec":{"driver":"gpu.nvidia.com","nodeName":"a",
             "pool":{"name":"a","generation":2,"resourceSliceCount":2},"devices":[%s]}}"""
                .formatted(gpuDevice(0, "GPU-0")))
        .pod("x", "a", whole(1, "GPU-1"));
    assertThat(findings()).isEmpty();
  }

  @Test
  void onlyTheNewestGenerationOfPoolCounts() {
    String slice =
        """
        {"metadata":{"name":"s%1$d"},"spec":{"driver":"gpu.nvidia.com","nodeName":"a",
         "pool":{"name":"a","generation":%1$d,"resourceSliceCount":1},"devices":[%2$s]}}""";
    cluster
        .object("Node", "{\"metadata\":{\"name\":\"a\"}}")
        .object("ResourceSlice", slice.formatted(2, gpuDevice(0, "GPU-0")))
        .object("ResourceSlice", slice.formatted(1, gpuDevice(1, "GPU-1")))
        .pod("x", "a", whole(1, "GPU-1"));
    assertFound(Rule.MISSING_GPU, "x");
  }

  @Test
  void otherSchedulerUsesGpuThatKerfGaveAway() {
    cluster
        .node("a", plain("GPU-0"), plain("GPU-1"))
        .pod("x", "a", share(0, "GPU-0", 10, 0))
        .pod("y", "a", share(1, "GPU-1", 10, 0))
        .foreign("hami", "a", "hami.io/vgpu-devices-allocated", "GPU-0,NVIDIA,3000,30:;", "cpu")
        .foreign("gpushare", "a", "ALIYUN_COM_GPU_MEM_IDX", "1", "cpu");
    assertThat(findings())
        .containsExactlyInAnyOrder("other-scheduler [hami, x]", "other-scheduler [gpushare, y]");
  }

  @Test
  void otherSchedulerSharesAsItLikesWhereKerfGaveNothing() {
    cluster
        .node("a", plain("GPU-0"))
        .foreign("one", "a", "hami.io/vgpu-devices-allocated", "GPU-0,NVIDIA,9,1:;", "cpu")
        .foreign("two", "a", "hami.io/vgpu-devices-allocated", "GPU-0,NVIDIA,9,1:;", "cpu")
        .foreign("three", "a", "", "", "nvidia.com/gpu");
    assertThat(cluster.audit().overlaps()).isEmpty();
  }

  @Test
  void devicesOfDevicePluginBesidePodsOfKerfAreUnknown() {
    cluster
        .node("a", plain("GPU-0"))
        .node("b", plain("GPU-1"))
        .pod("x", "a", whole(0, "GPU-0"))
        .foreign("plugin", "a", "", "", "nvidia.com/gpu")
        .foreign("elsewhere", "b", "", "", "nvidia.com/mig-1g.10gb");
    assertFound(Rule.UNKNOWN_DEVICES, "plugin");
  }

  @Test
  void inventoryOfHamiIsReadInBothForms() {
    cluster
        .object(
            "Node",
            """
            {"metadata":{"name":"a","annotations":{"hami.io/node-nvidia-register":
              "GPU-0,10,15360,100,NVIDIA-Tesla T4,0,true:GPU-1,10,15360,100,NVIDIA-Tesla T4,0,true,1,hami-core:"}}}""")
        .object(
            "Node",
            """
            {"metadata":{"name":"b","annotations":{"hami.io/node-nvidia-register":
              "[{\\"id\\":\\"GPU-2\\",\\"index\\":0,\\"devmem\\":15360,\\"type\\":\\"NVIDIA-Tesla T4\\"}]"}}}""")
        .pod("x", "a", share(1, "GPU-1", 15_361, 0))
        .pod("y", "b", share(0, "GPU-2", 15_360, 0));
    assertFound(Rule.MEMORY, "x");
    assertThat(cluster.audit().gpus()).isEqualTo(3);
  }

  @Test
  void findingCountsWhenItIsFoundAgain() {
    SmallCluster later = new SmallCluster();
    cluster
        .node("a", plain("GPU-0"), plain("GPU-1"))
        .pod("x", "a", whole(0, "GPU-0"))
        .pod("y", "a", whole(0, "GPU-0"))
        .pod("v", "a", whole(1, "GPU-1"))
        .pod("w", "a", whole(1, "GPU-1"));
    later
        .node("a", plain("GPU-0"), plain("GPU-1"))
        .pod("x", "a", whole(0, "GPU-0"))
        .pod("y", "a", whole(0, "GPU-0"))
        .pod("v", "a", whole(1, "GPU-1"))
        .pod("z", "a", whole(1, "GPU-1"));
    List<Finding> confirmed = cluster.audit().confirmedBy(later.audit()).findings();
    assertThat(confirmed.stream().map(AuditTest::text)).containsExactly("whole-gpu [x, y]");
  }

  private void assertFound(Rule rule, String... names) {
    List<String> sorted = Stream.of(names).sorted().toList();
    assertThat(findings()).containsExactly(rule.word() + " " + sorted);
  }

  /** Each finding as its rule and the holders' names in order; claims as {@code claim-NAME}. */
  private List<String> findings() {
    return cluster.audit().findings().stream().map(AuditTest::text).toList();
  }

  private static String text(Finding finding) {
    return finding.rule().word()
        + " "
        + finding.holders().stream()
            .map(holder -> holder.uid().replaceFirst("^uid-", ""))
            .sorted()
            .toList();
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\"", "\\\"") + "\"";
  }
}
