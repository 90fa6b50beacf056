package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The PodGroups of Kubernetes itself, where its gates for them are on. */
@ClusterTest
final class PodGroupsTest {

  /** Since 1.37 they are a beta, and one gate is all. */
  private static final boolean BETA = ControlPlane.minor() >= 37;

  private static final String GATES =
      "--feature-gates=GenericWorkload=true" + (BETA ? "" : ",GangScheduling=true");
  private static final String API = "scheduling.k8s.io/" + (BETA ? "v1beta1" : "v1alpha2");
  private static final String GROUPS = "/apis/" + API + "/namespaces/default/podgroups";

  private static TestCluster cluster;

  @BeforeAll
  static void start() {
    ControlPlane plane =
        ControlPlane.start(
            Options.defaults()
                .apiServerFlag(GATES)
                .apiServerFlag("--runtime-config=" + API + "=true")
                .schedulerFlag(GATES));
    TestCluster.Accounts administrator =
        new TestCluster.Accounts(plane.kubeconfig(), plane.kubeconfig(), "");
    cluster = TestCluster.on(plane, administrator, List.of());
  }

  @AfterEach
  void clear() {
    cluster.clear();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static void group(String name, String policy) {
    cluster
        .api()
        .post(
            GROUPS,
            "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"schedulingPolicy\":%s}}"
                .formatted(name, policy));
  }

  private static Pod[] pods(String group, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                Pod.named(group + "-" + i)
                    .whole(1)
                    .spec("schedulingGroup: {podGroupName: " + group + "}"))
        .toArray(Pod[]::new);
  }

  @Test
  void gangOfAPodGroupStartsWhole() {
    cluster.nodes(TestCluster.manifests(2, i -> Inventory.eightH100("node-" + i)));
    group("whole", "{\"gang\":{\"minCount\":12}}");
    cluster.create(pods("whole", 12));
    cluster.awaitRunning(12);
    cluster.assertSlots(12);
  }

  @Test
  void gangWithoutRoomBindsNoneAndStartsWhenThereIsRoom() {
    cluster.nodes(Inventory.eightH100("a").manifest());
    group("waits", "{\"gang\":{\"minCount\":9}}");
    cluster.create(pods("waits", 9));
    cluster.create(Pod.named("other").whole(4));
    cluster.awaitRunning("other");
    assertThat(cluster.running()).isEqualTo(1);
    cluster.nodes(Inventory.eightH100("b").manifest());
    cluster.awaitRunning(10);
    cluster.assertSlots(13);
  }

  @Test
  void podsOfABasicGroupStartOneByOne() {
    cluster.nodes(Inventory.of("a").plain("H100-80GB", 81_559, 2).manifest());
    group("basic", "{\"basic\":{}}");
    cluster.create(pods("basic", 3));
    cluster.awaitRunning(2);
    cluster.assertSlots(2);
  }
}
