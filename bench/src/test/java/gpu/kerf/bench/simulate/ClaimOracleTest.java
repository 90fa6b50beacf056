package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One node with an A30 of which the driver creates instances; claims are written by hand. */
final class ClaimOracleTest {
  private static final String REPLICA = "kerf-a.1";
  private static final String LOW = "gpu-0-mig-2g12gb-0";
  private static final String HIGH = "gpu-0-mig-2g12gb-2";
  private static final String ONE_OF_LOW = "gpu-0-mig-1g6gb-1";

  private final VirtualTime timeline = new VirtualTime();
  private final Story story = new Story(timeline);
  private final ApiStore store = new ApiStore(timeline);
  private final Oracle oracle = new Oracle(store);
  private final PodControl control = new PodControl(store, story);
  private final ClaimHearing hearing = new ClaimHearing(timeline);
  private final SimulatedNode node =
      new SimulatedNode(
          "a",
          new SimulatedNode.World(timeline, store, control, oracle, story),
          new SplittableRandom(1),
          InventoryAgent.Way.DRIVER);
  private final ClaimOracle claims = new ClaimOracle(timeline, store, hearing, List.of(node));
  private int pods;

  @BeforeEach
  void aNodeWithADriver() {
    node.addGpu(Gpu.Model.A30).offer(Gpu.Offer.MIG_ON_DEMAND);
    oracle.add(node);
    node.start();
  }

  @Test
  void aPodWithItsClaimIsFine() {
    PodObject pod = kerfs(LOW);

    assertThatCode(() -> bind(pod, LOW)).doesNotThrowAnyException();
    assertThatCode(oracle::check).doesNotThrowAnyException();
  }

  @Test
  void aPodThatNamesNoClaimIsAViolation() {
    PodObject pod = pod("team", "p");

    assertThatThrownBy(() -> bind(pod, LOW)).hasMessageContaining("it names no claim");
  }

  @Test
  void otherDevicesThanThoseClaimedAreAViolation() {
    PodObject pod = kerfs(LOW);

    assertThatThrownBy(() -> bind(pod, HIGH)).hasMessageContaining("other devices");
  }

  @Test
  void aClaimOfOthersThatTheReplicaHasHeardOfIsAViolation() {
    others(ONE_OF_LOW);
    hearing.heard(REPLICA, store.revision());
    runFor(1);
    PodObject pod = kerfs(LOW);

    assertThatThrownBy(() -> bind(pod, LOW)).hasMessageContaining("and knows claim others/");
  }

  @Test
  void aClaimOfOthersThatNoWatchHasToldIsNoFault() {
    others(ONE_OF_LOW);
    PodObject pod = kerfs(LOW);

    assertThatCode(() -> bind(pod, LOW)).doesNotThrowAnyException();
  }

  @Test
  void twoPodsOfKerfOnOverlappingDevicesAreAViolation() {
    bind(kerfs(LOW), LOW);
    bind(kerfs(ONE_OF_LOW), ONE_OF_LOW);

    assertThatThrownBy(oracle::check).hasMessageContaining("given twice");
  }

  @Test
  void whatTheDriverRefusesIsAViolation() {
    bind(kerfs(LOW), LOW);
    runFor(10);
    bind(kerfs(ONE_OF_LOW), ONE_OF_LOW);

    assertThatThrownBy(() -> runFor(10)).hasMessageContaining("the driver refuses");
  }

  @Test
  void theDevicesOfABoundPodMayNotBeTaken() {
    PodObject pod = kerfs(LOW);
    ClaimObject claim = claim(pod);
    assertThatCode(() -> claims.takes(REPLICA, claim)).doesNotThrowAnyException();
    bind(pod, LOW);

    assertThatThrownBy(() -> claims.takes(REPLICA, claim))
        .hasMessageContaining("took the devices of a bound pod");
  }

  @Test
  void aClaimWhosePodIsNotBoundIsLeftOver() {
    PodObject pod = kerfs(LOW);

    Violation problem = claims.problem();
    assertThat(problem).isNotNull();
    assertThat(problem).hasMessageContaining("left over");
    bind(pod, LOW);
    assertThat(claims.problem()).isNull();
  }

  private ClaimObject claim(PodObject pod) {
    Stored stored = store.get(ObjectKind.CLAIM, "team/kerf-" + pod.uid());
    if (stored == null) {
      throw new AssertionError("There is no claim.");
    }
    return ClaimObject.of(stored);
  }

  /** A pod with a claim as Kerf writes it. */
  private PodObject kerfs(String device) {
    PodObject pod = pod("team", "p" + ++pods);
    claim("team", "kerf-" + pod.uid(), pod, device);
    ObjectNode field = Stored.JSON.createObjectNode();
    field.put("resourceClaimName", "kerf-" + pod.uid());
    field
        .putArray("requestMappings")
        .addObject()
        .put("containerName", "main")
        .put("requestName", "gpu");
    PodObject named =
        store
            .update(
                pod.stored(),
                json -> json.withObjectProperty("status").set("extendedResourceClaimStatus", field))
            .pod();
    claims.names(REPLICA, named);
    return named;
  }

  private void others(String device) {
    claim("others", "c", pod("others", "o"), device);
  }

  private void claim(String namespace, String name, PodObject pod, String device) {
    ObjectNode json = Stored.JSON.createObjectNode();
    ObjectNode metadata = json.putObject("metadata").put("name", name).put("namespace", namespace);
    metadata.putArray("ownerReferences").addObject().put("uid", pod.uid());
    ObjectNode status = json.putObject("status");
    status
        .putObject("allocation")
        .putObject("devices")
        .putArray("results")
        .addObject()
        .put("request", "gpu")
        .put("pool", "a")
        .put("device", device);
    status.putArray("reservedFor").addObject().put("uid", pod.uid());
    store.create(ObjectKind.CLAIM, json);
  }

  private PodObject pod(String namespace, String name) {
    ObjectNode json = Stored.JSON.createObjectNode();
    json.putObject("metadata").put("name", name).put("namespace", namespace);
    ObjectNode spec = json.putObject("spec").put("terminationGracePeriodSeconds", 30);
    spec.putArray("containers").addObject().put("name", "main");
    json.putObject("status").put("phase", "Pending");
    Stored stored = store.create(ObjectKind.POD, json);
    if (stored == null) {
      throw new AssertionError("There is such a pod.");
    }
    return stored.pod();
  }

  private void bind(PodObject pod, String device) {
    ObjectNode annotations = Stored.JSON.createObjectNode();
    annotations.put(
        "kerf.gpu/placement", "{\"containers\":[{\"slots\":[{\"device\":\"" + device + "\"}]}]}");
    claims.binds(REPLICA, pod, "a", annotations);
    control.bind(pod, "a", annotations, REPLICA);
  }

  /** Lets the kubelet and the driver work for some seconds of virtual time. */
  private void runFor(int seconds) {
    long end = timeline.now() + seconds * VirtualTime.SECOND;
    timeline.after(seconds * VirtualTime.SECOND, null, () -> {});
    while (timeline.now() < end) {
      VirtualTime.Event event = timeline.next();
      if (event != null) {
        event.action.run();
      }
    }
  }
}
