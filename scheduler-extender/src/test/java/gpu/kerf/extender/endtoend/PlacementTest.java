package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What pods get where nothing goes wrong. */
@ClusterTest
final class PlacementTest {
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void leaveNothing() {
    cluster.clear();
  }

  @Test
  void eightGigabytesOnAnA100Of40GigabytesAreOneInstanceThatTheEventNames() {
    cluster.nodes(
        Inventory.of("a")
            .mig("A100-40GB", 40_960, "1g.5gb@0", "1g.5gb@1", "1g.10gb@2", "3g.20gb@4")
            .manifest());
    // 8G are 7630 MiB: more than the 4864 of 1g.5gb, less than the 9856 of 1g.10gb.
    cluster.create(Pod.named("llm").memory("8G"));
    cluster.awaitRunning("llm");
    assertThat(cluster.slotOf("llm").at("/mig/profile").asText()).isEqualTo("1g.10gb");
    assertThat(cluster.slotOf("llm").at("/mig/start").asInt()).isEqualTo(2);
    assertThat(cluster.slotOf("llm").path("memoryMiB").asInt()).isEqualTo(9856);
    assertThat(cluster.pod("llm").at("/metadata/annotations").toString())
        .contains("\"kerf.gpu/visible-devices.main\":\"MIG-a-0-2\"");
    TestCluster.await(
        "an event tells it",
        () ->
            cluster.plane().kubectl("describe", "pod", "llm").contains("GPU 0 1g.10gb at slice 2"));
    cluster.assertSlots(1);
  }

  @Test
  void mixedNodeIsFilledToTheLastSliceAndThenDrained() {
    cluster.nodes(Inventory.mixed("a").manifest());
    cluster.create(Pod.named("whole").whole(1));
    cluster.awaitRunning("whole");
    cluster.create(slices(0, 14));
    cluster.create(shares());
    cluster.awaitRunning(1 + 14 + 4);
    cluster.assertSlots(1 + 14 + 4);

    cluster.create(slices(14, 15));
    cluster.create(Pod.named("whole-late").whole(1));
    cluster.create(Pod.named("share-late").memory("20Gi").wall("mps"));
    for (String late : new String[] {"slice-14", "whole-late", "share-late"}) {
      cluster.awaitComplaint(late, "0/1 nodes are available");
    }
    // The whole GPU last: a share that has no other room may take a part of it.
    cluster.delete("slice-3");
    cluster.awaitRunning("slice-14");
    cluster.delete("share-1");
    cluster.awaitRunning("share-late");
    cluster.delete("whole");
    cluster.awaitRunning("whole-late");
    cluster.assertSlots(1 + 14 + 4);
    cluster.assertLedgerIsWhatFreshOneFinds();

    cluster.clear();
    assertThat(cluster.kerf().metric("kerf_ledger_conflicts")).isZero();
  }

  private static Pod[] slices(int from, int end) {
    return IntStream.range(from, end)
        .mapToObj(i -> Pod.named("slice-" + i).memory("4Gi").wall("mig"))
        .toArray(Pod[]::new);
  }

  /** 80 GB of the one H100 that is left: three of 20 GiB, and one of the rest. */
  private static Pod[] shares() {
    return IntStream.range(0, 4)
        .mapToObj(i -> Pod.named("share-" + i).memory(i < 3 ? "20Gi" : "18Gi").wall("mps"))
        .toArray(Pod[]::new);
  }

  @Test
  void fiveHundredPodsAtOnceOnSixtyFourNodesShareNoSlot() {
    cluster.nodes(TestCluster.manifests(64, PlacementTest::anyKind));
    long start = System.nanoTime();
    cluster.create(IntStream.range(0, 500).mapToObj(PlacementTest::anySize).toArray(Pod[]::new));
    cluster.awaitRunning(500);
    System.out.printf("500 pods ran after %d ms%n", (System.nanoTime() - start) / 1_000_000);
    cluster.assertSlots(500);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  private static Inventory anyKind(int number) {
    String name = "node-" + number;
    return switch (number % 4) {
      case 0 -> Inventory.eightH100(name);
      case 1 -> Inventory.fourCutA100(name);
      default -> Inventory.mixed(name);
    };
  }

  private static Pod anySize(int number) {
    Pod pod = Pod.named("pod-" + number);
    return switch (number % 10) {
      case 0 -> pod.whole(1);
      case 1, 2, 3 -> pod.memory("4Gi").wall("mig");
      case 4, 5 -> pod.memory("8Gi");
      case 6, 7 -> pod.memory("20Gi");
      default -> pod.memory("30Gi").wall("mps");
    };
  }

  @Test
  void podThatWaitsIsToldWhichChangeWouldLetItIn() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster.create(Pod.named("huge").memory("96Gi"));
    TestCluster.await(
        "an event names the change",
        () ->
            cluster
                .plane()
                .kubectl("events", "--for=pod/huge")
                .contains(
                    "The pod would fit now with this change: ask for 81152Mi instead of 96Gi."),
        () -> cluster.plane().kubectl("events", "--for=pod/huge"));
  }

  @Test
  void podThatFitsNowhereSaysWhyInDescribe() {
    cluster.nodes(Inventory.eightH100("a").manifest(), Inventory.mixed("b").manifest());
    cluster.create(Pod.named("huge").memory("96Gi"));
    cluster.awaitComplaint("huge", "no GPU of the node has as much memory as the pod asks for");
    TestCluster.await(
        "describe shows it",
        () ->
            cluster
                .plane()
                .kubectl("describe", "pod", "huge")
                .contains("2 no GPU of the node has as much memory as the pod asks for"));
    assertThat(cluster.nodeOf("huge")).isEmpty();
  }
}
