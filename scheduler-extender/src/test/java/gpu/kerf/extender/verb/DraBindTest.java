package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.extender.wire.PodView.Resources;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.placement.Reason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Binding pods to a node whose GPUs a DRA driver hands out. */
class DraBindTest {
  private final OthersNodes nodes =
      new OthersNodes(GpushareDialect.Unit.GIB).driverNode("dra").node("env", DeliveryWay.ENV, 1);
  private final World world = nodes.world;

  private static Container container(String name, Map<String, String> resources) {
    return new Container(name, new Resources(resources, resources), false);
  }

  private static Container sidecar(String name, Map<String, String> resources) {
    return new Container(name, new Resources(resources, resources), true);
  }

  private DeviceClaim claimed() {
    assertThat(world.cluster.claimed).hasSize(1);
    return world.cluster.claimed.get(0);
  }

  @Test
  void theRecordNamesTheDeviceAndNoVariableIsFilled() {
    PodView pod = World.asking("1", "8Gi");
    Map<String, String> annotations = nodes.bound(pod, "dra");
    Request request = claimed().requests().get(0);
    assertThat(request.name()).isEqualTo("container-0-request-0");
    assertThat(request.deviceClass()).isEqualTo("mig.nvidia.com");
    assertThat(request.devices()).hasSize(1);
    String device = request.devices().get(0).name();
    assertThat(device).startsWith("gpu-0-mig-1g.10gb-");
    assertThat(annotations).containsOnlyKeys("kerf.gpu/placement", "kerf.gpu/held-since");
    assertThat(annotations.get("kerf.gpu/placement")).contains("\"device\":\"" + device + "\"");
    assertThat(claimed().mappings())
        .containsExactly(new Mapping("main", "kerf.gpu/memory", "container-0-request-0"));
    assertThat(world.cluster.events.get(0).message()).endsWith(" (device " + device + ")");
  }

  @Test
  void requestsAreNumberedByContainerWithInitContainersFirst() {
    PodView pod =
        World.pod("1")
            .initContainer(container("wait", Map.of()))
            .initContainer(sidecar("load", Map.of("kerf.gpu/memory", "8Gi")))
            .container(container("helper", Map.of()))
            .container(container("main", Map.of("kerf.gpu/whole", "1")))
            .build();
    nodes.bound(pod, "dra");
    assertThat(claimed().mappings())
        .containsExactlyInAnyOrder(
            new Mapping("load", "kerf.gpu/memory", "container-1-request-0"),
            new Mapping("main", "kerf.gpu/whole", "container-3-request-0"));
    assertThat(claimed().requests())
        .contains(
            new Request(
                "container-3-request-0",
                "gpu.nvidia.com",
                List.of(new Device("gpu.nvidia.com", "dra", "gpu-1", 0))));
  }

  @Test
  void anInitContainerIsMappedToTheRequestOfTheContainerWhoseSlotsItUses() {
    PodView pod =
        World.pod("1")
            .initContainer(container("warm", Map.of("kerf.gpu/memory", "4Gi")))
            .container(container("main", Map.of("kerf.gpu/memory", "8Gi")))
            .build();
    Map<String, String> annotations = nodes.bound(pod, "dra");
    assertThat(claimed().requests())
        .singleElement()
        .returns("container-1-request-0", Request::name);
    assertThat(claimed().mappings())
        .containsExactlyInAnyOrder(
            new Mapping("main", "kerf.gpu/memory", "container-1-request-0"),
            new Mapping("warm", "kerf.gpu/memory", "container-1-request-0"));
    assertThat(annotations).containsOnlyKeys("kerf.gpu/placement", "kerf.gpu/held-since");
    assertThat(world.entry("1").placement().slots()).as("held once").hasSize(1);
  }

  @Test
  void anInitContainerWithSlotsOfItsOwnHasARequestOfItsOwn() {
    PodView pod =
        World.pod("1")
            .initContainer(container("check", Map.of("kerf.gpu/memory", "8Gi")))
            .container(container("main", Map.of("kerf.gpu/whole", "1")))
            .build();
    nodes.bound(pod, "dra");
    assertThat(claimed().mappings())
        .containsExactlyInAnyOrder(
            new Mapping("check", "kerf.gpu/memory", "container-0-request-0"),
            new Mapping("main", "kerf.gpu/whole", "container-1-request-0"));
    assertThat(world.entry("1").placement().slots()).hasSize(2);
  }

  @Test
  void podsInOtherWordsGoWhereNoClaimOfNvidiasClassCanComeBetween() {
    PodView stock = World.pod("1").container("main", Map.of("nvidia.com/gpu", "1")).build();
    assertThat(world.chosen(world.filter(stock, "dra"))).isEmpty();
    assertThat(world.chosen(world.filter(stock, "env"))).isNotEmpty();
    PodView annotated =
        World.pod("2").annotation("gpu-fraction", "0.5").container("main", Map.of()).build();
    assertThat(world.chosen(world.filter(annotated, "dra")))
        .as("nothing in the container for which a claim can stand")
        .isEmpty();
  }

  /** Since Kubernetes 1.37 the API server keeps the field of a pod whose claim was given up. */
  @Test
  void aPodThatStillNamesItsClaimGoesOnlyWhereItGetsOneAgain() {
    Map<String, String> memory = Map.of("kerf.gpu/memory", "8Gi");
    PodView named = World.pod("1").resourceClaim("kerf-1").container("main", memory).build();
    assertThat(world.chosen(world.filter(named, "dra", "env"))).containsExactly("dra");
    assertThat(world.hopeless(world.filter(named, "env")))
        .containsEntry("env", Reason.HAS_CLAIM.text());
    PodView ofAnother = World.pod("2").resourceClaim("nics").container("main", memory).build();
    assertThat(world.chosen(world.filter(ofAnother, "env"))).containsExactly("env");
  }

  @ParameterizedTest
  @EnumSource(
      value = ClaimResult.Kind.class,
      names = {"WRITTEN", "UNKNOWN"},
      mode = EnumSource.Mode.EXCLUDE)
  void aClaimThatIsNotWrittenIsNoBindingAndHoldsNothing(ClaimResult.Kind kind) {
    world.cluster.claims = kind;
    PodView pod = World.asking("1", "8Gi");
    BindAnswer answer = nodes.binding(pod, "dra").join();
    assertThat(answer).isNotEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.bindings).isEmpty();
    assertThat(world.scheduling.ledger().entry("1")).isNull();
  }

  @Test
  void aClaimOfWhichNothingIsKnownHoldsItsDeviceUntilItIsGivenUp() {
    world.cluster.claims = ClaimResult.Kind.UNKNOWN;
    PodView pod = World.asking("1", "8Gi");
    assertThat(nodes.binding(pod, "dra").join()).isEqualTo(new BindAnswer(VerbError.BIND_UNSURE));
    assertThat(world.scheduling.ledger().entry("1")).isNotNull();
    world.millis += 66_000;
    nodes.bind.tick();
    world.turn();
    assertThat(world.cluster.unclaimed).containsExactly("1");
    assertThat(world.scheduling.ledger().entry("1")).isNull();
  }

  @Test
  void aRetryAfterAnUnknownResultClaimsTheSameDevice() {
    world.cluster.claims = ClaimResult.Kind.UNKNOWN;
    PodView pod = World.asking("1", "8Gi");
    nodes.binding(pod, "dra").join();
    world.cluster.claims = ClaimResult.Kind.WRITTEN;
    nodes.bound(pod, "dra");
    assertThat(world.cluster.claimed).hasSize(2);
    assertThat(world.cluster.claimed.get(1)).isEqualTo(world.cluster.claimed.get(0));
  }

  @Test
  void aBindingThatIsRefusedGivesTheClaimUp() {
    world.cluster.answer = BindResult.Kind.REFUSED;
    world.cluster.carriesOut = false;
    nodes.binding(World.asking("1", "8Gi"), "dra").join();
    assertThat(world.cluster.unclaimed).containsExactly("1");
  }

  @Test
  void aClaimOfAnEarlierAttemptIsGivenUpBeforeANodeWithoutTheDriver() {
    world.cluster.mayHaveClaim.add("1");
    PodView pod = World.asking("1", "8Gi");
    assertThat(nodes.bound(pod, "env")).containsKey("kerf.gpu/visible-devices.main");
    assertThat(world.cluster.unclaimed).containsExactly("1");
    assertThat(world.cluster.claimed).isEmpty();
  }

  @Test
  void aPodWhoseClaimCannotBeGivenUpIsNotBoundToANodeWithoutTheDriver() {
    world.cluster.mayHaveClaim.add("1");
    world.cluster.unclaims = false;
    BindAnswer answer = nodes.binding(World.asking("1", "8Gi"), "env").join();
    assertThat(answer).isEqualTo(new BindAnswer(VerbError.CLAIM_IN_REMOVAL));
    assertThat(world.cluster.bindings).isEmpty();
  }

  @Test
  void aNodeThatHasOtherGpusByNowGetsNoPodAndKeepsNoClaim() {
    PodView pod = World.asking("1", "8Gi");
    world.cluster.gate = new CompletableFuture<>();
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.filter(pod, "dra");
    var answer = nodes.bind.bind(new BindCall(pod.ref(), "dra")).toCompletableFuture();
    world.turn();
    nodes.node("dra", DeliveryWay.ENV, 1);
    world.cluster.gate.complete(null);
    world.turn();
    assertThat(answer.join()).isEqualTo(new BindAnswer(VerbError.NO_SLOT));
    assertThat(world.cluster.unclaimed).containsExactly("1");
  }
}
