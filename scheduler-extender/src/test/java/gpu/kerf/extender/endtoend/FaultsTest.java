package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What goes wrong around Kerf, and is right again afterwards. */
@ClusterTest
final class FaultsTest {
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
  void nodeThatGoesAwayAndReturnsIsUsedAgain() {
    String a = Inventory.fourCutA100("a").manifest();
    cluster.nodes(a, Inventory.fourCutA100("b").manifest());
    cluster.create(pods("before", 0, 32));
    // 4 GiB fit into each of the four instances on each of four GPUs of two nodes.
    cluster.awaitRunning(32);

    cluster.api().delete("/api/v1/nodes/a");
    // As the pod garbage collector does, after a minute.
    cluster.api().delete(TestCluster.PODS + "?gracePeriodSeconds=0&fieldSelector=spec.nodeName=a");
    TestCluster.await("its pods are gone with it", () -> cluster.running() == 16);
    cluster.create(Pod.named("waits").memory("4Gi").wall("mig"));
    cluster.awaitComplaint("waits", "not enough GPU memory of the node is free");
    cluster.assertSlots(16);

    cluster.nodes(a);
    cluster.awaitRunning("waits");
    assertThat(cluster.nodeOf("waits")).isEqualTo("a");
    cluster.create(pods("after", 0, 15));
    cluster.awaitRunning(32);
    cluster.assertSlots(32);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  private static Pod[] pods(String prefix, int from, int end) {
    return IntStream.range(from, end)
        .mapToObj(i -> Pod.named(prefix + "-" + i).memory("4Gi").wall("mig"))
        .toArray(Pod[]::new);
  }

  @Test
  void podDeletedBetweenFilterAndBindLeavesItsSlotToTheNext() {
    cluster.nodes(Inventory.of("a").mig("A100-40GB", 40_960, "1g.10gb@0").manifest());
    CountDownLatch bind = new CountDownLatch(1);
    cluster
        .toKerf()
        .guard(
            new StepProxy.Guard() {
              @Override
              public void asked(StepProxy.Request request) {
                if (request.path().equals("/bind") && request.body().contains("\"deleted\"")) {
                  cluster.delete("deleted");
                  bind.countDown();
                }
              }
            });
    cluster.create(Pod.named("deleted").memory("8Gi"));
    TestCluster.await("it was deleted before bind", () -> bind.getCount() == 0);
    cluster.awaitGone("deleted");
    cluster.create(Pod.named("next").memory("8Gi"));
    cluster.awaitRunning("next");
    cluster.assertSlots(1);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void bindingsWhoseAnswersAreLostHoldOneSlotEach() {
    cluster.nodes(Inventory.fourCutA100("a").manifest());
    cluster
        .toApi()
        .guard(
            new StepProxy.Guard() {
              private int seen;

              @Override
              public synchronized void answered(StepProxy.Request request, int status)
                  throws IOException {
                if (request.is("POST", "/binding") && seen++ % 2 == 0) {
                  throw new IOException("the answer is lost");
                }
              }
            });
    cluster.create(pods("lost", 0, 16));
    cluster.awaitRunning(16);
    cluster.assertSlots(16);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void apiServerAwayForThirtySecondsUnderLoadCostsNothingButTime() throws Exception {
    cluster.nodes(TestCluster.manifests(8, i -> Inventory.mixed("node-" + i)));
    cluster.create(pods("before", 0, 20));
    cluster.awaitRunning(20);
    cluster.create(pods("during", 0, 40));
    cluster.plane().stopApiServer();
    // That long a time is what is tested.
    TimeUnit.SECONDS.sleep(30);
    assertThat(cluster.kerf().running()).isTrue();
    assertThat(cluster.kerf().status("/healthz")).isEqualTo(200);
    cluster.plane().startApiServer();
    cluster.create(pods("after", 0, 20));
    cluster.awaitRunning(80);
    cluster.assertSlots(80);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void watchesThatAreCutMissNothing() {
    cluster.nodes(Inventory.fourCutA100("a").manifest());
    int cut = 0;
    for (int round = 0; round < 4; round++) {
      cluster.create(pods("round-" + round, 0, 16));
      cut += cluster.toApi().cutWatches();
      cluster.awaitRunning(16);
      cut += cluster.toApi().cutWatches();
      cluster.assertSlots(16);
      for (int i = 0; i < 16; i++) {
        cluster.delete("round-" + round + "-" + i);
        if (i % 8 == 0) {
          cut += cluster.toApi().cutWatches();
        }
      }
    }
    assertThat(cut).as("watches that were cut").isPositive();
  }

  @Test
  void kubeSchedulerKilledInMidBindFindsItsPodsBoundOrBindsThemAgain() {
    cluster.nodes(Inventory.fourCutA100("a").manifest());
    for (int round = 0; round < 2; round++) {
      boolean written = round == 1;
      CountDownLatch killed = new CountDownLatch(1);
      cluster.toKerf().guard(killer(killed, written));
      cluster.create(pods("round-" + round, 0, 8));
      TestCluster.await("kube-scheduler is killed", () -> killed.getCount() == 0);
      cluster.toKerf().open();
      cluster.scheduler().start();
      cluster.awaitRunning(8 * (round + 1));
      cluster.assertSlots(8 * (round + 1));
    }
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  /** Kills kube-scheduler at a bind: before Kerf hears of it, or when it has bound the pod. */
  private static StepProxy.Guard killer(CountDownLatch killed, boolean written) {
    return new StepProxy.Guard() {
      private int binds;

      @Override
      public void asked(StepProxy.Request request) {
        if (!written) {
          count(request);
        }
      }

      @Override
      public void answered(StepProxy.Request request, int status) {
        if (written) {
          count(request);
        }
      }

      private synchronized void count(StepProxy.Request request) {
        if (request.path().equals("/bind") && ++binds == 3) {
          cluster.scheduler().kill();
          killed.countDown();
        }
      }
    };
  }
}
