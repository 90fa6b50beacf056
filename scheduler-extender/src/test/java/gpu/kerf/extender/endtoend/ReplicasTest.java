package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas, of which kube-scheduler's lease says which one acts. */
@ClusterTest
final class ReplicasTest {
  /** The first replica is the site's own. */
  private Site site;

  private KerfProcess other;

  @BeforeEach
  void start() {
    site = Site.withElection();
    Site.await("the first replica leads", () -> !leader().isEmpty());
    other = new KerfProcess(site.plane(), "other-kerf", site.plane().kubeconfig(), List.of());
    other.start();
    site.plane().scheduler(Site.schedulerConfig(site.plane(), other.address(), true)).start();
  }

  @AfterEach
  void stop() {
    other.close();
    site.close();
  }

  private String leader() {
    return site.api()
        .send("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/kerf", "")
        .body()
        .at("/spec/holderIdentity")
        .asText("");
  }

  private static Pod[] pods(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Pod.named(prefix + "-" + i).memory("4Gi").wall("mig"))
        .toArray(Pod[]::new);
  }

  @Test
  void followerIsWarmAndTakesOverWhenTheLeaderDies() {
    site.nodes(Inventory.fourCutA100("a").manifest(), Inventory.fourCutA100("b").manifest());
    String first = leader();
    site.create(pods("before", 10));
    site.awaitRunning(10);
    Site.await("the follower knows all", () -> other.held().equals(site.kerf().held()));
    assertThat(other.status("/readyz")).isEqualTo(200);
    assertThat(other.metric("kerf_verb_answers_total{verb=\"bind\"")).isZero();

    site.scheduler().kill();
    site.kerf().kill();
    site.create(pods("after", 22));
    site.awaitRunningSeenBy(other, 32);
    assertThat(leader()).isNotEqualTo(first);
    site.assertSlots(32);

    site.kerf().start();
    Site.await("the dead one comes back warm", () -> other.held().equals(site.kerf().held()));
  }

  @Test
  void leaderThatWasPausedInMidBindAndWakesUpGivesNoSlotAway() {
    site.nodes(Inventory.of("a").mig("A100-40GB", 40_960, "1g.10gb@0").manifest());
    Site.await("both know the node", () -> other.metric("kerf_nodes ") == 1);
    CountDownLatch bindIsOnItsWay = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    site.toKerf()
        .guard(
            new Passage.Guard() {
              @Override
              public void asked(Passage.Request request) {
                if (request.path().equals("/bind")) {
                  bindIsOnItsWay.countDown();
                  try {
                    goOn.await();
                  } catch (InterruptedException stopped) {
                    Thread.currentThread().interrupt();
                  }
                }
              }

              @Override
              public void answered(Passage.Request request, int status) {
                if (request.path().equals("/bind")) {
                  answered.countDown();
                }
              }
            });
    site.create(Pod.named("first").memory("8Gi"));
    Site.await("the leader binds", () -> bindIsOnItsWay.getCount() == 0);
    site.scheduler().pause();
    site.kerf().pause();
    // The binding of before will reach it earlier than the news do.
    site.toApi().holdWatches(true);
    // The only slot goes to somebody else, and the first pod has to wait.
    site.priority("urgent", 1000);
    site.create(Pod.named("second").memory("8Gi").priority("urgent"));
    Site.await("the other one leads", () -> !site.nodeOf("second").isEmpty());
    goOn.countDown();
    site.kerf().resume();
    site.scheduler().resume();
    Site.await("the binding of before is answered", () -> answered.getCount() == 0);
    site.toApi().holdWatches(false);
    Site.await(
        "the woken one knows what happened",
        () -> site.kerf().held().equals(other.held()) && other.held().size() == 1);
    site.assertSlots(1);
    assertThat(site.exists("first")).as("bound on top of the other, and evicted again").isTrue();
    assertThat(site.nodeOf("first")).isEmpty();
    assertThat(site.kerf().metric("kerf_ledger_conflicts")).isZero();
  }
}
