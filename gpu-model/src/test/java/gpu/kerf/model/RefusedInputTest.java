package gpu.kerf.model;

import static gpu.kerf.model.Nodes.a100;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static gpu.kerf.model.Nodes.profile;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.PodDemand.Container;
import gpu.kerf.model.demand.PodDemand.Reuse;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Nonsense is refused where it enters, with its value and with help. */
class RefusedInputTest {

  private static final Demand EIGHT = Demand.memory(new MemoryMiB(8192));

  @ParameterizedTest(name = "{0}")
  @MethodSource({"demands", "pods", "nodes", "placements"})
  void isRefusedWithItsValueAndAHint(String what, String value, ThrowingCallable nonsense) {
    assertThatThrownBy(nonsense)
        .as(what)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(value)
        .extracting(Throwable::getMessage)
        .satisfies(message -> assertThat(message).as("help").containsPattern("\n|between"));
  }

  static Stream<Arguments> demands() {
    return Stream.of(
        refused("no memory", "(0Mi)", () -> new MemoryMiB(0)),
        refused("negative memory", "(-5Mi)", () -> new MemoryMiB(-5)),
        refused("memory of no GPU", "(67108865Mi)", () -> new MemoryMiB(67_108_865)),
        refused("largest memory", "(2147483647Mi)", () -> new MemoryMiB(Integer.MAX_VALUE)),
        refused("memory in no parts", "(0)", () -> new MemoryMiB(1).dividedBy(0)),
        refused("no part", "(0 thousandths)", () -> new Milli(0)),
        refused("more than a GPU", "(1001 thousandths)", () -> new Milli(1001)),
        refused("negative part", "(-2147483648", () -> new Milli(Integer.MIN_VALUE)),
        refused("no percent", "(0)", () -> Milli.ofPercent(0)),
        refused("101 percent", "(101)", () -> Milli.ofPercent(101)),
        refused("percent that overflows", "(429496730)", () -> Milli.ofPercent(429_496_730)),
        refused("no GPUs", "(0)", () -> Demand.whole(0)),
        refused("negative GPUs", "(-1)", () -> Demand.whole(-1)),
        refused("65 GPUs", "(65)", () -> Demand.whole(65)),
        refused("largest number of GPUs", "(2147483647)", () -> Demand.whole(Integer.MAX_VALUE)),
        refused("split over none", "(0)", () -> EIGHT.splitOver(0)),
        refused("split over 65", "(65)", () -> EIGHT.splitOver(65)),
        refused("wall of whole GPUs", "(mig)", () -> Demand.whole(1).withWall(WallChoice.MIG)),
        refused("SM share of whole", "(300m)", () -> Demand.whole(1).withSm(new Milli(300))),
        refused(
            "MPS share of a profile",
            "(1g.10gb)",
            () -> Demand.profile("1g.10gb").withWall(WallChoice.MPS)),
        refused("empty model name", "([A, ])", () -> EIGHT.onModels(List.of("A", ""))),
        refused("empty profile", "()", () -> new Size.Profile("")),
        refused("profile of none", "(0g.10gb)", () -> new Size.Profile("0g.10gb")),
        refused("profile without unit", "(1g.10)", () -> new Size.Profile("1g.10")),
        refused("endless profile", "(" + "9".repeat(40) + "…)", () -> profileOf(9000)),
        refused("unknown wall", "(none)", () -> WallChoice.parse("none")),
        refused("wall in capitals", "(MIG)", () -> WallChoice.parse("MIG")));
  }

  private static Size.Profile profileOf(int digits) {
    return new Size.Profile("9".repeat(digits));
  }

  static Stream<Arguments> pods() {
    return Stream.of(
        refused("nameless container", "()", () -> new Container("", EIGHT)),
        refused("blank container", "( )", () -> new Container(" ", EIGHT)),
        refused("negative CPU", "(-1m)", () -> PodDemand.of(EIGHT).withCpuMilli(-1)),
        refused("negative memory", "(-7Mi)", () -> PodDemand.of(EIGHT).withHostMemoryMiB(-7)),
        refused("33 containers", "(33)", () -> new PodDemand(containers(33), 0, 0)),
        refused("two alike", "(a)", () -> new PodDemand(List.of(called("a"), called("a")), 0, 0)),
        refused("a reuse of its own slots", "(a)", () -> new Reuse("a", "a", false)),
        refused("slots of none", "(b)", () -> reusing(new Reuse("c", "b", false))),
        refused("twice in a pod", "(a)", () -> reusing(new Reuse("a", "main", false))),
        refused("no uid", "()", () -> Holder.of("")),
        refused("blank uid", "( )", () -> Holder.of(" ")));
  }

  private static PodDemand reusing(Reuse reuse) {
    return new PodDemand(
        List.of(called("a"), called("main")), List.of(reuse), 0, 0, Set.of(DeliveryWay.ENV));
  }

  static Stream<Arguments> nodes() {
    GpuSpec gpu = GpuSpec.of(h100(), GpuMode.PLAIN);
    GpuModel t4 = model("T4");
    return Stream.of(
        refused("nameless node", "()", () -> NodeSpec.of("", List.of())),
        refused("65 GPUs", "(65)", () -> withGpus(65, Topology.uniform(64))),
        refused("topology of 65 GPUs", "(65)", () -> Topology.uniform(65)),
        refused("topology of another node", "(4)", () -> withGpus(8, Topology.uniform(4))),
        refused("negative CPU", "(-1m)", () -> NodeSpec.of("a", List.of(gpu)).withHost(-1, 0)),
        refused("negative memory", "(-1Mi)", () -> NodeSpec.of("a", List.of()).withHost(0, -1)),
        refused(
            "CPU beyond counting",
            "(1073741825m)",
            () -> NodeSpec.of("a", List.of()).withHost(NodeSpec.UNKNOWN + 1, 0)),
        refused("GPU without memory", "(0 MiB)", () -> gpu(h100(), 0, GpuMode.PLAIN)),
        refused("negative GPU memory", "(-1 MiB)", () -> gpu(h100(), -1, GpuMode.PLAIN)),
        refused(
            "memory in bytes",
            "(2147483647 MiB)",
            () -> gpu(h100(), Integer.MAX_VALUE, GpuMode.PLAIN)),
        refused("MIG on a T4", "(mig)", () -> gpu(t4, 15_360, GpuMode.MIG)),
        refused("dynamic MIG on a T4", "(mig-dynamic)", () -> gpu(t4, 15_360, GpuMode.MIG_DYNAMIC)),
        refused(
            "instances on a plain GPU",
            "(plain)",
            () -> gpu(h100(), 81_559, GpuMode.PLAIN, instance(h100(), "1g.10gb", 0))),
        refused(
            "instances on each other",
            "3g.40gb at slice 0",
            () ->
                gpu(
                    h100(),
                    81_559,
                    GpuMode.MIG,
                    instance(h100(), "1g.10gb", 0),
                    instance(h100(), "3g.40gb", 0))),
        refused(
            "instance of another model",
            "(1g.5gb)",
            () -> gpu(h100(), 81_559, GpuMode.MIG, instance(a100(), "1g.5gb", 0))),
        refused(
            "instance of the same name, of another model",
            "(1g.10gb)",
            () -> gpu(h100(), 81_559, GpuMode.MIG, instance(a100(), "1g.10gb", 0))),
        refused("instance at a wrong start", "(1)", () -> instance(h100(), "3g.40gb", 1)),
        refused("instance before the GPU", "(-1)", () -> instance(h100(), "3g.40gb", -1)),
        refused("instance beyond the GPU", "(36)", () -> instance(h100(), "3g.40gb", 36)),
        refused("unknown mode", "(MIG)", () -> GpuMode.parse("MIG")));
  }

  static Stream<Arguments> placements() {
    Slot share = new Slot.Share(0, 1, 0);
    Slot whole = new Slot.Whole(0, 1);
    return Stream.of(
        refused("GPU -1", "(-1)", () -> new Slot.Whole(-1, 1)),
        refused("GPU 64", "(64)", () -> new Slot.Whole(64, 1)),
        refused("share of nothing", "(0Mi)", () -> new Slot.Share(0, 0, 0)),
        refused("share of less", "(-2147483648Mi)", () -> new Slot.Share(0, 1 << 31, 0)),
        refused("negative SM share", "(-1)", () -> new Slot.Share(0, 1, -1)),
        refused("SM share of more", "(1001)", () -> new Slot.Share(0, 1, 1001)),
        refused("wrong start", "(1)", () -> new Slot.Mig(0, profile(h100(), "3g.40gb"), 1)),
        refused("start 36", "(36)", () -> new Slot.Mig(0, profile(h100(), "3g.40gb"), 36)),
        refused("no slots", "(main)", () -> new ContainerSlots("main", List.of())),
        refused("two walls", "(mps, none)", () -> new ContainerSlots("c", List.of(share, whole))),
        refused("negative CPU", "(-1m)", () -> new Placement("a", List.of(), -1, 0)),
        refused("negative memory", "(-1Mi)", () -> new Placement("a", List.of(), 0, -1)));
  }

  @Test
  void theLargestThatMakeSenseAreAccepted() {
    assertThat(new MemoryMiB(MemoryMiB.LARGEST).value()).isEqualTo(67_108_864);
    assertThat(Demand.whole(64).gpus()).isEqualTo(64);
    assertThat(withGpus(64, Topology.uniform(64)).gpus()).hasSize(64);
    assertThat(new PodDemand(containers(32), Integer.MAX_VALUE, Integer.MAX_VALUE).slots())
        .isEqualTo(32);
    assertThat(NodeSpec.of("a", List.of()).withHost(0, 0).cpuMilli()).isZero();
    assertThat(new Slot.Share(63, Integer.MAX_VALUE, 1000).gpu()).isEqualTo(63);
  }

  private static Arguments refused(String what, String value, ThrowingCallable nonsense) {
    return arguments(what, value, nonsense);
  }

  private static Container called(String name) {
    return new Container(name, EIGHT);
  }

  private static List<Container> containers(int number) {
    return IntStream.range(0, number).mapToObj(i -> called("c" + i)).toList();
  }

  private static NodeSpec withGpus(int number, Topology topology) {
    GpuSpec gpu = GpuSpec.of(h100(), GpuMode.PLAIN);
    return new NodeSpec("a", Collections.nCopies(number, gpu), topology, 0, 0);
  }

  private static GpuSpec gpu(GpuModel model, int mib, GpuMode mode, MigInstance... instances) {
    return new GpuSpec(null, model, mib, mode, List.of(instances));
  }

  private static MigInstance instance(GpuModel model, String name, int start) {
    return new MigInstance(null, profile(model, name), start);
  }
}
