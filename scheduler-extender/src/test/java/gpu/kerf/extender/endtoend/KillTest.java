package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kerf is killed at every step of what it does, and knows afterwards what it knew before. */
@ClusterTest
final class KillTest {
  private static TestCluster cluster;

  /** Where Kerf is killed. */
  private enum Step {
    /** Comes first: kube-scheduler asks only where nodes are equal, as untouched ones are. */
    PRIORITIZE_ANSWERED(false, "/prioritize"),
    FILTER_ASKED(false, "/filter"),
    FILTER_ANSWERED(false, "/filter"),
    BIND_ASKED(false, "/bind"),
    BIND_ANSWERED(false, "/bind"),
    /** The binding has left Kerf and never arrives. */
    BINDING_LOST(true, "/binding"),
    /** The binding arrives when Kerf is dead. */
    BINDING_ASKED(true, "/binding"),
    BINDING_WRITTEN(true, "/binding"),
    EVICTION_LOST(true, "/eviction"),
    EVICTION_ASKED(true, "/eviction"),
    EVICTION_WRITTEN(true, "/eviction");

    private final boolean ofKerf;
    private final String end;

    Step(boolean ofKerf, String end) {
      this.ofKerf = ofKerf;
      this.end = end;
    }

    StepProxy proxy() {
      return ofKerf ? cluster.toApi() : cluster.toKerf();
    }

    boolean isAsked() {
      return name().endsWith("_ASKED") || isLost();
    }

    boolean isLost() {
      return name().endsWith("_LOST");
    }
  }

  /** Kills Kerf at one occurrence of a step. */
  private static final class Killer implements StepProxy.Guard {
    private final Step step;
    private final int occurrence;
    private final CountDownLatch killed = new CountDownLatch(1);
    private int seen;

    Killer(Step step, int occurrence) {
      this.step = step;
      this.occurrence = occurrence;
    }

    @Override
    public void asked(StepProxy.Request request) throws IOException {
      if (step.isAsked() && isIt(request) && step.isLost()) {
        throw new IOException("lost");
      }
    }

    @Override
    public void answered(StepProxy.Request request, int status) {
      if (!step.isAsked()) {
        isIt(request);
      }
    }

    private synchronized boolean isIt(StepProxy.Request request) {
      if (!request.is("POST", step.end) || ++seen != occurrence) {
        return false;
      }
      cluster.kerf().kill();
      killed.countDown();
      return true;
    }

    boolean hasKilled() {
      return killed.getCount() == 0;
    }
  }

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
  void killedAtEveryStepUnderLoadItEndsWithTheLedgerThatFreshOneFinds() {
    cluster.nodes(TestCluster.manifests(8, i -> Inventory.mixed("node-" + i)));
    List<Pod> all = new ArrayList<>();
    for (Step step : Step.values()) {
      if (step.end.equals("/eviction")) {
        continue;
      }
      Killer killer = new Killer(step, step == Step.PRIORITIZE_ANSWERED ? 1 : 4);
      step.proxy().guard(killer);
      Pod[] load = IntStream.range(0, 12).mapToObj(i -> pod(step, i)).toArray(Pod[]::new);
      cluster.create(load);
      all.addAll(List.of(load));
      TestCluster.await("Kerf is killed at " + step, killer::hasKilled);
      step.proxy().open();
      cluster.kerf().start();
      assertThat(cluster.kerf().metric("kerf_ledger_conflicts")).as("after " + step).isZero();
    }
    cluster.awaitRunning(all.size());
    cluster.assertSlots(all.size());
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  private static Pod pod(Step step, int number) {
    String name = step.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + "-" + number;
    return number % 3 == 0
        ? Pod.named(name).memory("20Gi").wall("mps")
        : Pod.named(name).memory("4Gi").wall("mig");
  }

  @ParameterizedTest
  @EnumSource(names = {"EVICTION_LOST", "EVICTION_ASKED", "EVICTION_WRITTEN"})
  void killedWhileItEvictsItStillMakesRoomAndEvictsNoOtherPod(Step step) {
    cluster.priority("urgent", 1000);
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    // A GPU has 40192 MiB for shares: each of the two lies on its own.
    cluster.create(
        Pod.named("low-0").memory("20Gi").endsAfter("2s"),
        Pod.named("low-1").memory("20Gi").endsAfter("2s"));
    cluster.awaitRunning("low-0", "low-1");
    Killer killer = new Killer(step, 1);
    step.proxy().guard(killer);
    cluster.create(Pod.named("urgent").memory("30Gi").priority("urgent"));
    TestCluster.await("Kerf is killed at " + step, killer::hasKilled);
    step.proxy().open();
    cluster.kerf().start();
    cluster.awaitRunning("urgent");
    assertThat(cluster.pods()).as("urgent and one of the two").hasSize(2);
    cluster.assertSlots(2);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }
}
