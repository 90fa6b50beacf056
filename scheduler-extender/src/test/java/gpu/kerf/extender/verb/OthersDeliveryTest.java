package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.delivery.GpushareDelivery;
import gpu.kerf.extender.delivery.NodeQueues;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.placement.Reason;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nodes where device plugins of others hand out the GPUs. */
class OthersDeliveryTest {
  private final OthersNodes nodes =
      new OthersNodes(GpushareDialect.Unit.GIB)
          .node("env", DeliveryWay.ENV, 1)
          .node("hami", DeliveryWay.HAMI, 2)
          .node("gpushare", DeliveryWay.GPUSHARE, 2);

  private final World world = nodes.world;

  private static PodView hami(String uid) {
    return World.pod(uid)
        .container("main", Map.of("nvidia.com/gpu", "1", "nvidia.com/gpumem", "8000"))
        .build();
  }

  private static PodView gpushare(String uid, String gib) {
    return World.pod(uid).container("main", Map.of("aliyun.com/gpu-mem", gib)).build();
  }

  @Test
  void aPodGoesOnlyWhereAPluginWouldHandItItsGpus() {
    assertThat(fitting(World.asking("1", "8Gi"))).containsExactly("env");
    assertThat(fitting(World.askingWhole("2", 1))).containsExactly("env");
    assertThat(fitting(hami("3"))).containsExactlyInAnyOrder("env", "hami");
    assertThat(fitting(gpushare("4", "8"))).containsExactlyInAnyOrder("env", "gpushare");
    assertThat(
            fitting(
                World.pod("5")
                    .annotation("gpu-fraction", "0.5")
                    .container("main", Map.of())
                    .build()))
        .containsExactly("env");
  }

  private List<String> fitting(PodView pod) {
    return Stream.of("env", "hami", "gpushare")
        .filter(node -> !world.chosen(world.filter(pod, node)).isEmpty())
        .toList();
  }

  @Test
  void theReasonSaysThatTheDevicePluginWouldNotServeIt() {
    assertThat(world.hopeless(world.filter(World.asking("1", "8Gi"), "hami")))
        .containsEntry("hami", Reason.OTHER_DELIVERY.text());
  }

  @Test
  void hamisPluginWouldNotBeAskedWithoutANumberOfGpus() {
    PodView pod = World.pod("1").container("main", Map.of("nvidia.com/gpumem", "8000")).build();
    assertThat(fitting(pod)).containsExactly("env");
  }

  @Test
  void hamisPluginCutsNoMigInstanceForKerf() {
    PodView profile =
        World.pod("1").container("main", Map.of("nvidia.com/mig-1g.10gb", "1")).build();
    PodView mode =
        World.pod("2")
            .annotation("nvidia.com/vgpu-mode", "mig")
            .container("main", Map.of("nvidia.com/gpu", "1", "nvidia.com/gpumem", "8000"))
            .build();
    assertThat(world.hopeless(world.filter(profile, "hami")))
        .containsEntry("hami", Reason.OTHER_DELIVERY.text());
    assertThat(world.hopeless(world.filter(mode, "hami")))
        .containsEntry("hami", Reason.OTHER_DELIVERY.text());
  }

  private static PodView.Builder forMig(String uid, String... limits) {
    return World.pod(uid).delivery("hami-mig").container("main", limits(limits));
  }

  private static Map<String, String> limits(String... keysAndValues) {
    Map<String, String> limits = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      limits.put(keysAndValues[i], keysAndValues[i + 1]);
    }
    return limits;
  }

  private static PodView instance(String uid) {
    return forMig(uid, "nvidia.com/gpu", "1", "nvidia.com/gpumem", "8000").build();
  }

  @Test
  void hamisPluginMakesInstancesForPodsThatSelectItsNodesAndForNoOthers() {
    nodes.node("mig", DeliveryWay.HAMI_MIG, 1);
    assertThat(world.chosen(world.filter(instance("1"), "mig"))).containsExactly("mig");
    assertThat(fitting(instance("1"))).as("it has no variable of Kerf's").isEmpty();
    for (PodView other : List.of(hami("2"), World.asking("3", "8Gi"))) {
      assertThat(world.hopeless(world.filter(other, "mig")))
          .containsEntry("mig", Reason.OTHER_DELIVERY.text());
    }
    PodView kerf = forMig("4", "kerf.gpu/memory", "8Gi").build();
    assertThat(world.hopeless(world.filter(kerf, "mig")))
        .as("the kubelet would not ask the plugin")
        .containsEntry("mig", Reason.OTHER_DELIVERY.text());
    PodView asked = forMig("5", "kerf.gpu/memory", "8Gi", "nvidia.com/gpu", "1").build();
    assertThat(world.chosen(world.filter(asked, "mig"))).containsExactly("mig");
    assertThat(fitting(asked)).isEmpty();
    PodView unlike = forMig("6", "kerf.gpu/memory", "8Gi", "nvidia.com/gpu", "2").build();
    assertThat(world.hopeless(world.filter(unlike, "mig")).get("mig"))
        .contains("nvidia.com/gpu (2) of container main", "Kerf's words come to 1");
  }

  @Test
  void hamisPluginWouldMakeTheInstanceOfAnInitContainerTwice() {
    nodes.node("mig", DeliveryWay.HAMI_MIG, 1);
    Map<String, String> limits = limits("nvidia.com/gpu", "1", "nvidia.com/gpumem", "8000");
    PodView pod =
        World.pod("1")
            .delivery("hami-mig")
            .initContainer(
                new PodView.Container("warm", new PodView.Resources(limits, limits), false))
            .container("main", limits)
            .build();
    assertThat(world.hopeless(world.filter(pod, "mig")).get("mig"))
        .contains("init container warm", "twice");
  }

  @Test
  void onANodeInMigModeHamisPluginHandsOutInstancesAlone() {
    nodes.node("mig", DeliveryWay.HAMI_MIG, 1);
    PodView whole = forMig("1", "nvidia.com/gpu", "1").build();
    assertThat(world.hopeless(world.filter(whole, "mig")))
        .containsEntry("mig", Reason.NO_WHOLE_GPUS.text());
    PodView share =
        forMig("2", "nvidia.com/gpu", "1", "nvidia.com/gpumem", "8000")
            .annotation("nvidia.com/vgpu-mode", "hami-core")
            .build();
    assertThat(world.hopeless(world.filter(share, "mig")))
        .containsEntry("mig", Reason.WRONG_WALL.text());
  }

  /** HAMi's plugin destroys its instance before it makes another, and fails while it is in use. */
  @Test
  void whileAPodOfTheNodeIsEndingNoOtherIsBoundThere() {
    nodes.node("mig", DeliveryWay.HAMI_MIG, 1);
    nodes.bound(instance("1"), "mig");
    world.cluster.locks.clear();
    PodView.Builder first = bound(instance("1"), "mig");
    world.comes(first.build());
    nodes.bound(instance("2"), "mig");
    world.cluster.locks.clear();

    world.comes(first.terminating().build());
    var third = nodes.binding(instance("3"), "mig");
    assertThat(third.join().error()).isEqualTo(VerbError.INSTANCE_ENDING.answer());
    assertThat(world.holdsNothing("3")).isTrue();
    assertThat(world.cluster.locks).isEmpty();

    world.scheduling.podEnded("1");
    nodes.bound(instance("3"), "mig");
  }

  @Test
  void aPodThatBeginsToEndWhileAnotherWaitsForTheLockHoldsThatUpToo() {
    nodes.node("mig", DeliveryWay.HAMI_MIG, 1);
    nodes.bound(instance("1"), "mig");
    var second = nodes.binding(instance("2"), "mig");
    assertThat(second).isNotCompleted();
    world.comes(bound(instance("1"), "mig").terminating().build());
    world.cluster.locks.clear();
    nodes.pass(NodeQueues.PAUSE_MILLIS);
    assertThat(second.join().error()).isEqualTo(VerbError.INSTANCE_ENDING.answer());
  }

  @Test
  void aPodThatEndsDoesNotHoldUpOthersWhereHamiSharesPlainGpus() {
    nodes.bound(hami("1"), "hami");
    world.cluster.locks.clear();
    world.comes(bound(hami("1"), "hami").terminating().build());
    nodes.bound(hami("2"), "hami");
  }

  private PodView.Builder bound(PodView pod, String node) {
    return PodView.of(pod.ref())
        .schedulerName("kerf")
        .nodeName(node)
        .annotations(nodes.written(pod))
        .container("main", Map.of("nvidia.com/gpu", "1", "nvidia.com/gpumem", "8000"));
  }

  @Test
  void gpusharesPluginServesOneContainerOfAPod() {
    PodView two =
        World.pod("1")
            .container("one", Map.of("aliyun.com/gpu-mem", "8"))
            .container("other", Map.of("aliyun.com/gpu-mem", "8"))
            .build();
    PodView cores =
        World.pod("2")
            .container(
                "main", Map.of("aliyun.com/gpu-mem", "8", "aliyun.com/gpu-core.percentage", "20"))
            .build();
    assertThat(fitting(two)).containsExactly("env");
    assertThat(fitting(cores)).containsExactly("env");
  }

  @Test
  void whilePluginsServeOnePodTheNextOfTheNodeWaitsForItsLock() {
    nodes.bound(hami("1"), "hami");
    assertThat(world.cluster.locks).containsEntry("hami", hami("1").ref());
    var second = nodes.binding(hami("2"), "hami");
    nodes.pass(NodeQueues.PAUSE_MILLIS);
    assertThat(second).isNotCompleted();
    world.cluster.locks.clear();
    nodes.pass(NodeQueues.PAUSE_MILLIS);
    assertThat(second.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.locks).containsEntry("hami", hami("2").ref());
  }

  @Test
  void whoCannotHaveTheLockInTimeGivesItsSlotsBackAndIsTriedAgain() {
    nodes.bound(hami("1"), "hami");
    var second = nodes.binding(hami("2"), "hami");
    nodes.pass(NodeQueues.PATIENCE_MILLIS);
    assertThat(second.join().error()).isEqualTo(VerbError.NODE_BUSY.answer());
    assertThat(world.holdsNothing("2")).isTrue();
    assertThat(world.cluster.locks).containsEntry("hami", hami("1").ref());
  }

  @Test
  void theLockIsReleasedWhenThePodIsNotBoundAfterAll() {
    world.cluster.answer = BindResult.Kind.REFUSED;
    world.cluster.carriesOut = false;
    var refused = nodes.binding(hami("1"), "hami");
    assertThat(refused.join().error()).isEqualTo(VerbError.BIND_REFUSED.answer());
    assertThat(world.cluster.locks).isEmpty();
  }

  @Test
  void theLockStaysWhileItIsUnknownWhetherThePodIsBound() {
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.cluster.carriesOut = false;
    PodView pod = hami("1");
    assertThat(nodes.binding(pod, "hami").join().error()).isEqualTo(VerbError.BIND_UNSURE.answer());
    assertThat(world.cluster.locks).containsEntry("hami", pod.ref());
    world.millis += 65_000;
    nodes.bind.tick();
    world.turn();
    assertThat(world.cluster.locks).isEmpty();
  }

  @Test
  void aPodThatWasBoundByAnEarlierCallTakesNoNewLock() {
    PodView pod = hami("1");
    world.cluster.answer = BindResult.Kind.UNKNOWN;
    world.cluster.carriesOut = false;
    assertThat(nodes.binding(pod, "hami")).isCompleted();
    world.cluster.carryOut(world.cluster.bindings.get(0));
    world.cluster.locks.clear();
    world.cluster.answer = BindResult.Kind.CONFLICT;
    var again = nodes.bind.bind(new BindCall(pod.ref(), "hami"));
    world.turn();
    assertThat(again.toCompletableFuture().join()).isEqualTo(BindAnswer.BOUND);
    assertThat(world.cluster.locks).isEmpty();
  }

  @Test
  void aPodThatIsGoneBeforeItsTurnIsNotBound() {
    PodView pod = hami("1");
    world.filter(pod, "hami");
    var answer = nodes.bind.bind(new BindCall(pod.ref(), "hami"));
    world.turn();
    assertThat(answer.toCompletableFuture().join().error()).isEqualTo(VerbError.POD_GONE.answer());
    assertThat(world.holdsNothing("1")).isTrue();
    assertThat(world.cluster.locks).isEmpty();
  }

  /** 41 GiB fit once on an H100, so that two are on two GPUs. */
  @Test
  void podsOfOneAmountOnTwoGpusAreServedOneAfterTheOther() {
    PodView first = gpushare("1", "41");
    nodes.bound(first, "gpushare");
    var second = nodes.binding(gpushare("2", "41"), "gpushare");
    nodes.pass(NodeQueues.PAUSE_MILLIS);
    assertThat(second).isNotCompleted();
    serve(first);
    nodes.pass(NodeQueues.PAUSE_MILLIS);
    assertThat(second.join()).isEqualTo(BindAnswer.BOUND);
    assertThat(nodes.written(gpushare("2", "41"))).containsEntry(GpushareDelivery.INDEX, "1");
  }

  @Test
  void podsOfOtherAmountsOrOnTheSameGpuDoNotWait() {
    nodes.bound(gpushare("1", "8"), "gpushare");
    Map<String, String> same = nodes.bound(gpushare("2", "8"), "gpushare");
    Map<String, String> other = nodes.bound(gpushare("3", "70"), "gpushare");
    assertThat(same).containsEntry(GpushareDelivery.INDEX, "0");
    assertThat(other).containsEntry(GpushareDelivery.INDEX, "1");
    // All at one moment of the clock; the plugin's order must be clear all the same.
    assertThat(same.get(GpushareDelivery.ASSUME_TIME)).isEqualTo("1000000000001");
    assertThat(other.get(GpushareDelivery.ASSUME_TIME)).isEqualTo("1000000000002");
  }

  @Test
  void aPluginThatServesNoPodHoldsUpTheNextPod() {
    nodes.bound(gpushare("1", "41"), "gpushare");
    var second = nodes.binding(gpushare("2", "41"), "gpushare");
    nodes.pass(NodeQueues.PATIENCE_MILLIS);
    assertThat(second.join().error()).isEqualTo(VerbError.NODE_BUSY.answer());
  }

  /** What gpushare's plugin does at the end of Allocate. */
  private void serve(PodView pod) {
    world.cluster.pods.put(
        pod.ref().toString(),
        PodView.of(pod.ref())
            .nodeName("gpushare")
            .annotations(nodes.written(pod))
            .annotation(GpushareDelivery.ASSIGNED, "true")
            .build());
  }
}
