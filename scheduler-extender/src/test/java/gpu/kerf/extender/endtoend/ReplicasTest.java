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
  private TestCluster cluster;

  private KerfProcess other;

  @BeforeEach
  void start() {
    cluster = TestCluster.withElection();
    TestCluster.await("the first replica leads", () -> !leader().isEmpty());
    other = new KerfProcess(cluster.plane(), "other-kerf", cluster.plane().kubeconfig(), List.of());
    other.start();
    cluster
        .plane()
        .scheduler(TestCluster.schedulerConfig(cluster.plane(), other.address(), true))
        .start();
  }

  @AfterEach
  void stop() {
    other.close();
    cluster.close();
  }

  private String leader() {
    return cluster
        .api()
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
    cluster.nodes(Inventory.fourCutA100("a").manifest(), Inventory.fourCutA100("b").manifest());
    String first = leader();
    cluster.create(pods("before", 10));
    cluster.awaitRunning(10);
    TestCluster.await("the follower knows all", () -> other.held().equals(cluster.kerf().held()));
    assertThat(other.status("/readyz")).isEqualTo(200);
    assertThat(other.metric("kerf_verb_answers_total{verb=\"bind\"")).isZero();

    cluster.scheduler().kill();
    cluster.kerf().kill();
    cluster.create(pods("after", 22));
    cluster.awaitRunningSeenBy(other, 32);
    assertThat(leader()).isNotEqualTo(first);
    cluster.assertSlots(32);

    cluster.kerf().start();
    TestCluster.await(
        "the dead one comes back warm", () -> other.held().equals(cluster.kerf().held()));
  }

  @Test
  void leaderThatWasPausedInMidBindAndWakesUpGivesNoSlotAway() {
    cluster.nodes(Inventory.of("a").mig("A100-40GB", 40_960, "1g.10gb@0").manifest());
    TestCluster.await("both know the node", () -> other.metric("kerf_nodes ") == 1);
    CountDownLatch bindIsOnItsWay = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    cluster
        .toKerf()
        .guard(
            new StepProxy.Guard() {
              @Override
              public void asked(StepProxy.Request request) {
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
              public void answered(StepProxy.Request request, int status) {
                if (request.path().equals("/bind")) {
                  answered.countDown();
                }
              }
            });
    cluster.create(Pod.named("first").memory("8Gi"));
    TestCluster.await("the leader binds", () -> bindIsOnItsWay.getCount() == 0);
    cluster.scheduler().pause();
    cluster.kerf().pause();
    // The binding of before will reach it earlier than the news do.
    cluster.toApi().holdWatches(true);
    // The only slot goes to another pod, and the first pod has to wait.
    cluster.priority("urgent", 1000);
    cluster.create(Pod.named("second").memory("8Gi").priority("urgent"));
    TestCluster.await("the other one leads", () -> !cluster.nodeOf("second").isEmpty());
    goOn.countDown();
    cluster.kerf().resume();
    cluster.scheduler().resume();
    TestCluster.await("the binding of before is answered", () -> answered.getCount() == 0);
    cluster.toApi().holdWatches(false);
    TestCluster.await(
        "the woken one knows what happened",
        () -> cluster.kerf().held().equals(other.held()) && other.held().size() == 1);
    cluster.assertSlots(1);
    assertThat(cluster.exists("first")).as("bound on top of the other, and evicted again").isTrue();
    assertThat(cluster.nodeOf("first")).isEmpty();
    assertThat(cluster.kerf().metric("kerf_ledger_conflicts")).isZero();
  }
}
