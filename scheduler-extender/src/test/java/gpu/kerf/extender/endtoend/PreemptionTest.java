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
  private static Site site;

  @BeforeAll
  static void start() {
    site = Site.start();
    site.priority("low", 10);
    site.priority("middle", 100);
    site.priority("urgent", 1000);
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  @AfterEach
  void leaveNothing() {
    site.clear();
  }

  @Test
  void whereTheNodeIsFullTheLowestPriorityGoesAndBudgetsAreSpared() {
    site.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 3).manifest());
    site.create(
        Pod.named("guarded").whole(1).priority("low").labelled("app", "guarded"),
        Pod.named("low").whole(1).priority("low"),
        Pod.named("middle").whole(1).priority("middle"));
    site.awaitRunning("guarded", "low", "middle");
    site.budget("guarded", 1);

    site.create(Pod.named("urgent").whole(1).priority("urgent"));
    site.awaitRunning("urgent");
    assertThat(site.exists("guarded")).isTrue();
    assertThat(site.exists("low")).isFalse();
    assertThat(site.exists("middle")).isTrue();
    site.assertSlots(3);
    site.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void whereOnlyThePiecesDoNotFitOneIsEvictedAndItsSlotWaitsUntilItIsGone() {
    site.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    // A GPU has 40192 MiB for shares: each of the two lies on its own, and 19712 are left of each.
    site.create(
        Pod.named("low-0").memory("20Gi").priority("low").endsAfter("3s"),
        Pod.named("low-1").memory("20Gi").priority("low").endsAfter("3s"));
    site.awaitRunning("low-0", "low-1");

    site.create(Pod.named("urgent").memory("30Gi").priority("urgent"));
    Site.await("one has to go", () -> terminating() == 1);
    assertThat(site.nodeOf("urgent")).isEmpty();
    site.assertSlots(2);
    site.awaitRunning("urgent");
    assertThat(site.pods()).as("urgent and one of the two").hasSize(2);
    Site.await("the plan is over", () -> site.kerf().metric("kerf_preemption_plans") == 0);
    site.assertSlots(2);
    site.assertLedgerIsWhatFreshOneFinds();
  }

  private static long terminating() {
    return site.pods().stream()
        .filter(pod -> pod.path("metadata").has("deletionTimestamp"))
        .count();
  }

  @Test
  void budgetsThatForbidTheOnlyEvictionAreKeptAndNamed() {
    site.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    site.create(
        Pod.named("kept-0").memory("20Gi").priority("low").labelled("app", "kept-0"),
        Pod.named("kept-1").memory("20Gi").priority("low").labelled("app", "kept-1"));
    site.awaitRunning("kept-0", "kept-1");
    site.budget("kept-0", 1);
    site.budget("kept-1", 1);
    site.create(Pod.named("urgent").memory("30Gi").priority("urgent"));
    site.awaitComplaint("urgent", "0/1 nodes are available");
    Site.await(
        "the budgets are named",
        () ->
            site.plane()
                .kubectl("describe", "pod", "urgent")
                .contains("budgets forbid to evict them: default/kept-0, default/kept-1"),
        () -> site.plane().kubectl("describe", "pod", "urgent"));
    assertThat(site.running()).isEqualTo(2);
  }

  @Test
  void tenPreemptorsAtOnceEvictNoMoreThanTheyNeedAndThenRest() throws Exception {
    site.nodes(Site.manifests(10, i -> Inventory.of("node-" + i).plain("A100-40GB", 40_960, 2)));
    site.create(
        IntStream.range(0, 20)
            .mapToObj(i -> Pod.named("low-" + i).memory("20Gi").priority("low"))
            .toArray(Pod[]::new));
    site.awaitRunning(20);
    site.create(
        IntStream.range(0, 10)
            .mapToObj(i -> Pod.named("urgent-" + i).memory("30Gi").priority("urgent"))
            .toArray(Pod[]::new));
    site.awaitRunning(IntStream.range(0, 10).mapToObj(i -> "urgent-" + i).toArray(String[]::new));
    assertThat(site.pods()).as("ten urgent ones, and ten of twenty").hasSize(20);
    site.assertSlots(20);
    double before = site.kerf().metric("kerf_verb_answers_total{verb=\"filter\"");
    TimeUnit.SECONDS.sleep(3);
    assertThat(site.kerf().metric("kerf_verb_answers_total{verb=\"filter\"") - before).isZero();
    site.assertLedgerIsWhatFreshOneFinds();
  }
}
