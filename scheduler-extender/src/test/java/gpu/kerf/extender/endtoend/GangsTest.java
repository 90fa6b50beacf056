package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Gangs start whole or not at all on a real kube-scheduler, also if a process is killed meanwhile.
 */
@ClusterTest
final class GangsTest {
  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    // A replica that was killed keeps its Lease for a while, so the time of a repair is longer.
    cluster = TestCluster.start("gangs.repair=40s");
  }

  @AfterEach
  void clear() {
    cluster.clear();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static Pod member(String gang, int index, int size) {
    return Pod.named(gang + "-" + index)
        .annotated("kerf.gpu/gang", gang)
        .annotated("kerf.gpu/gang-size", "" + size)
        .whole(1);
  }

  private static Pod[] gang(String name, int size) {
    return IntStream.range(0, size).mapToObj(i -> member(name, i, size)).toArray(Pod[]::new);
  }

  private static long bound(String gang) {
    return cluster.pods().stream()
        .filter(pod -> pod.at("/metadata/name").asText().startsWith(gang + "-"))
        .filter(pod -> !pod.at("/spec/nodeName").asText("").isEmpty())
        .count();
  }

  private static void awaitBound(String gang, int pods) {
    TestCluster.await(
        pods + " pods of " + gang + " are bound",
        () -> bound(gang) == pods,
        () -> bound(gang) + " are; " + cluster.complaint(gang + "-0"));
  }

  private static double calls(String verb) {
    return cluster.kerf().metric("kerf_verb_answers_total{verb=\"" + verb + "\"");
  }

  @Test
  void gangWithRoomIsBoundWhole() {
    cluster.nodes(TestCluster.manifests(2, i -> Inventory.eightH100("node-" + i)));
    cluster.create(gang("g", 16));
    awaitBound("g", 16);
    cluster.assertSlots(16);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void gangWaitsForItsLastPodAndThenStarts() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    Pod[] pods = gang("g", 4);
    cluster.create(pods[0], pods[1], pods[2]);
    cluster.awaitComplaint("g-0", "the pods of the gang start together");
    assertThat(bound("g")).isZero();
    assertThat(cluster.kerf().placements()).as("held for an incomplete gang").isZero();
    cluster.create(pods[3]);
    awaitBound("g", 4);
  }

  @Test
  void gangWithOnePodThatFitsNowhereBindsNoneAndDelaysNoOther() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    Pod[] pods = gang("g", 4);
    // Only kube-scheduler knows that it fits nowhere.
    pods[3].spec("nodeSelector: {rack: none}");
    double filters = calls("filter");
    double binds = calls("bind");
    cluster.create(pods);
    TestCluster.await("two attempts have failed", () -> calls("bind") - binds >= 6);
    cluster.create(Pod.named("other").whole(1));
    cluster.awaitRunning("other");
    assertThat(bound("g")).isZero();
    assertThat(calls("filter") - filters).as("calls of filter").isLessThan(60);
    cluster.assertSlots(1);
  }

  @Test
  void twoGangsThatEachFitAloneAndNotTogetherStartOneAfterTheOther() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    Pod[] both = new Pod[12];
    for (int i = 0; i < 6; i++) {
      both[2 * i] = member("g", i, 6);
      both[2 * i + 1] = member("h", i, 6);
    }
    cluster.create(both);
    TestCluster.await("one has started", () -> bound("g") == 6 || bound("h") == 6);
    String first = bound("g") == 6 ? "g" : "h";
    String second = first.equals("g") ? "h" : "g";
    assertThat(bound(second)).isZero();
    for (int i = 0; i < 6; i++) {
      cluster.delete(first + "-" + i);
    }
    awaitBound(second, 6);
    cluster.assertSlots(6);
  }

  @Test
  void elasticGangStartsWithWhatFitsAndGrows() {
    cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 3).manifest());
    Pod[] pods = gang("g", 4);
    for (Pod pod : pods) {
      pod.annotated("kerf.gpu/gang-minimum", "2");
    }
    cluster.create(pods);
    awaitBound("g", 3);
    cluster.nodes(Inventory.of("b").plain("H100-80GB", 81_559, 1).manifest());
    awaitBound("g", 4);
  }

  @Test
  void jobWhosePodsSaySoIsAGangOfItsParallelism() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    String template = Pod.named("x").annotated("kerf.gpu/gang", "job").whole(1).template() + "";
    String job =
        """
        {"metadata":{"name":"train"},"spec":{"parallelism":%d,"completions":%1$d,
         "completionMode":"Indexed","template":%s}}
        """;
    String withRestart =
        template.replace("\"schedulerName\"", "\"restartPolicy\":\"Never\",\"schedulerName\"");
    cluster.api().post("/apis/batch/v1/namespaces/default/jobs", job.formatted(9, withRestart));
    TestCluster.await("nine pods wait", () -> cluster.pods().size() == 9);
    cluster.create(Pod.named("other").whole(8));
    cluster.awaitRunning("other");
    assertThat(bound("train")).isZero();
    cluster.nodes(Inventory.eightH100("b").manifest(), Inventory.eightH100("c").manifest());
    awaitBound("train", 9);
  }

  @Test
  void killedAfterTheFirstBindingKerfFinishesTheStart() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    AtomicInteger bindings = new AtomicInteger();
    CountDownLatch killed = new CountDownLatch(1);
    cluster
        .toApi()
        .guard(
            new StepProxy.Guard() {
              @Override
              public void asked(StepProxy.Request request) throws IOException {
                if (request.is("POST", "/binding") && bindings.incrementAndGet() > 1) {
                  throw new IOException("This Binding is lost.");
                }
              }

              @Override
              public void answered(StepProxy.Request request, int status) {
                if (request.is("POST", "/binding")) {
                  cluster.kerf().kill();
                  killed.countDown();
                }
              }
            });
    cluster.create(gang("g", 6));
    TestCluster.await("Kerf is killed", () -> killed.getCount() == 0);
    assertThat(bound("g")).isEqualTo(1);
    cluster.toApi().open();
    cluster.kerf().start();
    awaitBound("g", 6);
    cluster.assertSlots(6);
    cluster.assertLedgerIsWhatFreshOneFinds();
  }

  @Test
  void killedWhileBindCallsWaitKerfStartsTheGangAfterwards() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch killed = new CountDownLatch(1);
    cluster
        .toKerf()
        .guard(
            new StepProxy.Guard() {
              @Override
              public void asked(StepProxy.Request request) {
                if (request.path().equals("/bind") && calls.incrementAndGet() == 3) {
                  cluster.kerf().kill();
                  killed.countDown();
                }
              }
            });
    cluster.create(gang("g", 6));
    TestCluster.await("Kerf is killed", () -> killed.getCount() == 0);
    cluster.toKerf().open();
    assertThat(bound("g")).isZero();
    cluster.kerf().start();
    awaitBound("g", 6);
    cluster.assertSlots(6);
  }

  @Test
  void killedWhileItsBindCallsWaitKubeSchedulerStartsTheGangAfterwards() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch killed = new CountDownLatch(1);
    cluster
        .toKerf()
        .guard(
            new StepProxy.Guard() {
              @Override
              public void asked(StepProxy.Request request) {
                if (request.path().equals("/bind") && calls.incrementAndGet() == 3) {
                  cluster.scheduler().kill();
                  killed.countDown();
                }
              }
            });
    cluster.create(gang("g", 6));
    TestCluster.await("kube-scheduler is killed", () -> killed.getCount() == 0);
    cluster.toKerf().open();
    cluster.scheduler().start();
    awaitBound("g", 6);
    cluster.assertSlots(6);
  }

  @Test
  void gangOfWhichOnePodCannotBeBoundAfterAllIsEvicted() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    cluster
        .toApi()
        .guard(
            new StepProxy.Guard() {
              @Override
              public void asked(StepProxy.Request request) throws IOException {
                if (request.is("POST", "/pods/g-2/binding")) {
                  throw new IOException("This Binding is lost.");
                }
              }
            });
    cluster.create(gang("g", 3));
    awaitBound("g", 2);
    TestCluster.await(
        "the two are evicted", () -> !cluster.exists("g-0") && !cluster.exists("g-1"));
    assertThat(cluster.exists("g-2")).isTrue();
    assertThat(cluster.plane().kubectl("get", "events", "-o", "wide"))
        .contains("GangTorn", "Only 2 of at least 3 pods of gang default/g could be bound.");
  }
}
