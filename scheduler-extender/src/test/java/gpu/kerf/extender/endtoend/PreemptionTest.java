package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who has to go for whom. */
@ClusterTest
final class PreemptionTest {
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    cluster = TestCluster.start();
    cluster.priority("low", 10);
    cluster.priority("middle", 100);
    cluster.priority("urgent", 1000);
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
  void whereTheNodeIsFullTheLowestPriorityGoesAndBudgetsAreSpared() {
    cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 3).manifest());
    cluster.create(
        Pod.named("guarded").whole(1).priority("low").labelled("app", "guarded"),
        Pod.named("low").whole(1).priority("low"),
        Pod.named("middle").whole(1).priority("middle"));
    cluster.awaitRunning("guarded", "low", "middle");
    cluster.budget("guarded", 1);

    cluster.create(Pod.named("urgent").whole(1).priority("urgent"));
    cluster.awaitRunning("urgent");
    assertThat(cluster.exists("guarded")).isTrue();
    assertThat(cluster.exists("low")).isFalse();
    assertThat(cluster.exists("middle")).isTrue();
    cluster.assertSlots(3);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void whereOnlyThePiecesDoNotFitOneIsEvictedAndItsSlotWaitsUntilItIsGone() {
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    // A GPU has 40192 MiB for shares: each of the two lies on its own, and 19712 are left of each.
    cluster.create(
        Pod.named("low-0").memory("20Gi").priority("low").endsAfter("3s"),
        Pod.named("low-1").memory("20Gi").priority("low").endsAfter("3s"));
    cluster.awaitRunning("low-0", "low-1");

    cluster.create(Pod.named("urgent").memory("30Gi").priority("urgent"));
    TestCluster.await("one has to go", () -> terminating() == 1);
    assertThat(cluster.nodeOf("urgent")).isEmpty();
    cluster.assertSlots(2);
    cluster.awaitRunning("urgent");
    assertThat(cluster.pods()).as("urgent and one of the two").hasSize(2);
    TestCluster.await(
        "the plan is over", () -> cluster.kerf().metric("kerf_preemption_plans") == 0);
    cluster.assertSlots(2);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  private static long terminating() {
    return cluster.pods().stream()
        .filter(pod -> pod.path("metadata").has("deletionTimestamp"))
        .count();
  }

  @Test
  void budgetsThatForbidTheOnlyEvictionAreKeptAndNamed() {
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    cluster.create(
        Pod.named("kept-0").memory("20Gi").priority("low").labelled("app", "kept-0"),
        Pod.named("kept-1").memory("20Gi").priority("low").labelled("app", "kept-1"));
    cluster.awaitRunning("kept-0", "kept-1");
    cluster.budget("kept-0", 1);
    cluster.budget("kept-1", 1);
    cluster.create(Pod.named("urgent").memory("30Gi").priority("urgent"));
    cluster.awaitComplaint("urgent", "0/1 nodes are available");
    TestCluster.await(
        "the budgets are named",
        () ->
            cluster
                .plane()
                .kubectl("describe", "pod", "urgent")
                .contains("budgets forbid to evict them: default/kept-0, default/kept-1"),
        () -> cluster.plane().kubectl("describe", "pod", "urgent"));
    assertThat(cluster.running()).isEqualTo(2);
  }

  @Test
  void tenPreemptorsAtOnceEvictNoMoreThanTheyNeedAndThenRest() throws Exception {
    cluster.nodes(
        TestCluster.manifests(10, i -> Inventory.of("node-" + i).plain("A100-40GB", 40_960, 2)));
    cluster.create(
        IntStream.range(0, 20)
            .mapToObj(i -> Pod.named("low-" + i).memory("20Gi").priority("low"))
            .toArray(Pod[]::new));
    cluster.awaitRunning(20);
    cluster.create(
        IntStream.range(0, 10)
            .mapToObj(i -> Pod.named("urgent-" + i).memory("30Gi").priority("urgent"))
            .toArray(Pod[]::new));
    cluster.awaitRunning(
        IntStream.range(0, 10).mapToObj(i -> "urgent-" + i).toArray(String[]::new));
    assertThat(cluster.pods()).as("ten urgent ones, and ten of twenty").hasSize(20);
    cluster.assertSlots(20);
    double before = cluster.kerf().metric("kerf_verb_answers_total{verb=\"filter\"");
    TimeUnit.SECONDS.sleep(3);
    assertThat(cluster.kerf().metric("kerf_verb_answers_total{verb=\"filter\"") - before).isZero();
    cluster.assertLedgerIsWhatFreshOneFinds();
  }
}
