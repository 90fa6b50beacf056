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
  private static Site site;

  @BeforeAll
  static void start() {
    site = Site.start();
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
  void nodeThatGoesAwayAndReturnsIsUsedAgain() {
    String a = Inventory.fourCutA100("a").manifest();
    site.nodes(a, Inventory.fourCutA100("b").manifest());
    site.create(pods("before", 0, 32));
    // 4 GiB fit into each of the four instances on each of four GPUs of two nodes.
    site.awaitRunning(32);

    site.api().delete("/api/v1/nodes/a");
    // As the pod garbage collector does, after a minute.
    site.api().delete(Site.PODS + "?gracePeriodSeconds=0&fieldSelector=spec.nodeName=a");
    Site.await("its pods are gone with it", () -> site.running() == 16);
    site.create(Pod.named("waits").memory("4Gi").wall("mig"));
    site.awaitComplaint("waits", "not enough GPU memory of the node is free");
    site.assertSlots(16);

    site.nodes(a);
    site.awaitRunning("waits");
    assertThat(site.nodeOf("waits")).isEqualTo("a");
    site.create(pods("after", 0, 15));
    site.awaitRunning(32);
    site.assertSlots(32);
    site.assertLedgerIsWhatFreshOneFinds();
  }

  private static Pod[] pods(String prefix, int from, int end) {
    return IntStream.range(from, end)
        .mapToObj(i -> Pod.named(prefix + "-" + i).memory("4Gi").wall("mig"))
        .toArray(Pod[]::new);
  }

  @Test
  void podDeletedBetweenFilterAndBindLeavesItsSlotToTheNext() {
    site.nodes(Inventory.of("a").mig("A100-40GB", 40_960, "1g.10gb@0").manifest());
    CountDownLatch bind = new CountDownLatch(1);
    site.toKerf()
        .guard(
            new Passage.Guard() {
              @Override
              public void asked(Passage.Request request) {
                if (request.path().equals("/bind") && request.body().contains("\"deleted\"")) {
                  site.delete("deleted");
                  bind.countDown();
                }
              }
            });
    site.create(Pod.named("deleted").memory("8Gi"));
    Site.await("it was deleted before bind", () -> bind.getCount() == 0);
    site.awaitGone("deleted");
    site.create(Pod.named("next").memory("8Gi"));
    site.awaitRunning("next");
    site.assertSlots(1);
    site.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void bindingsWhoseAnswersAreLostHoldOneSlotEach() {
    site.nodes(Inventory.fourCutA100("a").manifest());
    site.toApi()
        .guard(
            new Passage.Guard() {
              private int seen;

              @Override
              public synchronized void answered(Passage.Request request, int status)
                  throws IOException {
                if (request.is("POST", "/binding") && seen++ % 2 == 0) {
                  throw new IOException("the answer is lost");
                }
              }
            });
    site.create(pods("lost", 0, 16));
    site.awaitRunning(16);
    site.assertSlots(16);
    site.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void apiServerAwayForThirtySecondsUnderLoadCostsNothingButTime() throws Exception {
    site.nodes(Site.manifests(8, i -> Inventory.mixed("node-" + i)));
    site.create(pods("before", 0, 20));
    site.awaitRunning(20);
    site.create(pods("during", 0, 40));
    site.plane().stopApiServer();
    // That long a time is what is tested.
    TimeUnit.SECONDS.sleep(30);
    assertThat(site.kerf().running()).isTrue();
    assertThat(site.kerf().status("/healthz")).isEqualTo(200);
    site.plane().startApiServer();
    site.create(pods("after", 0, 20));
    site.awaitRunning(80);
    site.assertSlots(80);
    site.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void watchesThatAreCutMissNothing() {
    site.nodes(Inventory.fourCutA100("a").manifest());
    int cut = 0;
    for (int round = 0; round < 4; round++) {
      site.create(pods("round-" + round, 0, 16));
      cut += site.toApi().cutWatches();
      site.awaitRunning(16);
      cut += site.toApi().cutWatches();
      site.assertSlots(16);
      for (int i = 0; i < 16; i++) {
        site.delete("round-" + round + "-" + i);
        if (i % 8 == 0) {
          cut += site.toApi().cutWatches();
        }
      }
    }
    assertThat(cut).as("watches that were cut").isPositive();
  }

  @Test
  void kubeSchedulerKilledInMidBindFindsItsPodsBoundOrBindsThemAgain() {
    site.nodes(Inventory.fourCutA100("a").manifest());
    for (int round = 0; round < 2; round++) {
      boolean written = round == 1;
      CountDownLatch killed = new CountDownLatch(1);
      site.toKerf().guard(killer(killed, written));
      site.create(pods("round-" + round, 0, 8));
      Site.await("kube-scheduler is killed", () -> killed.getCount() == 0);
      site.toKerf().open();
      site.scheduler().start();
      site.awaitRunning(8 * (round + 1));
      site.assertSlots(8 * (round + 1));
    }
    site.assertLedgerIsWhatFreshOneFinds();
  }

  /** Kills kube-scheduler at a bind: before Kerf hears of it, or when it has bound the pod. */
  private static Passage.Guard killer(CountDownLatch killed, boolean written) {
    return new Passage.Guard() {
      private int binds;

      @Override
      public void asked(Passage.Request request) {
        if (!written) {
          count(request);
        }
      }

      @Override
      public void answered(Passage.Request request, int status) {
        if (written) {
          count(request);
        }
      }

      private synchronized void count(Passage.Request request) {
        if (request.path().equals("/bind") && ++binds == 3) {
          site.scheduler().kill();
          killed.countDown();
        }
      }
    };
  }
}
