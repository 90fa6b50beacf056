package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which GPUs of a node pods use that Kerf did not place. */
class ForeignPodsTest {
  private static final String HAMI = "hami.io/vgpu-devices-allocated";
  private static final String GPUSHARE = "ALIYUN_COM_GPU_MEM_IDX";
  private static final long ALL = -1L;

  private static final List<GpuSpec> GPUS = List.of(gpu("GPU-0"), gpu("GPU-1"), gpu("GPU-2"));

  private final RecordingListener listener = new RecordingListener();
  private final ForeignPods strict = foreignPods(false);
  private final ForeignPods trusting = foreignPods(true);

  private ForeignPods foreignPods(boolean trusts) {
    return new ForeignPods(
        listener, node -> NodeSpec.of(node, GPUS), node -> Claims.Used.NOTHING, trusts);
  }

  private static GpuSpec gpu(String uuid) {
    var h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    return new GpuSpec(uuid, h100, h100.memoryMiB(), GpuMode.PLAIN, List.of());
  }

  private static PodView.Builder pod() {
    return PodView.of(new PodView.Ref("other", "p", "1"))
        .nodeName("a")
        .container("c", Map.of("nvidia.com/gpu", "1"));
  }

  private long used() {
    String last = listener.lines.get(listener.lines.size() - 1);
    assertThat(last).startsWith("foreign a ");
    return Long.parseLong(last.substring("foreign a ".length()));
  }

  @Test
  void whatAPodSaysOfItsGpusIsNotBelievedForItsOwnerCanWriteIt() {
    strict.podChanged(pod().annotation(HAMI, "GPU-1,NVIDIA,0,0:;").build());
    assertThat(used()).isEqualTo(ALL);
    strict.podEnded("1");
    strict.podChanged(pod().annotation(GPUSHARE, "2").build());
    assertThat(used()).isEqualTo(ALL);
    strict.podEnded("1");
    assertThat(used()).isZero();
  }

  @Test
  void whereADraDriverHandsOutTheClaimOfAPodTellsWhichGpusItHas() {
    DriverDevices devices =
        new DriverDevices(
            "gpu.nvidia.com", "a", Collections.nCopies(GPUS.size(), DriverDevices.OfGpu.NOTHING));
    NodeSpec byDriver = NodeSpec.of("a", GPUS).deliveredBy(devices);
    ForeignPods there =
        new ForeignPods(
            listener, node -> byDriver, node -> new Claims.Used(0b10, List.of()), false);
    there.podChanged(pod().build());
    assertThat(used()).as("no claim was made for it yet").isEqualTo(ALL);
    there.podChanged(pod().resourcesClaimed().build());
    assertThat(used()).isEqualTo(0b10);
    strict.podChanged(pod().resourcesClaimed().build());
    assertThat(used()).as("on a node of another delivery").isEqualTo(ALL);
  }

  @Test
  void aPodInKerfsWordsThatKerfDidNotPlaceIsNamedAndItsNodeGetsNoNewPods() {
    PodView.Builder stranger =
        PodView.of(new PodView.Ref("other", "stranger", "2"))
            .schedulerName("default-scheduler")
            .container("plain", Map.of("cpu", "1"))
            .container("c", Map.of("kerf.gpu/memory", "8Gi"));
    strict.podChanged(stranger.build());
    assertThat(listener.lines).as("it is on no node yet").isEmpty();
    PodView bound = stranger.nodeName("a").build();
    strict.podChanged(bound);
    strict.podChanged(bound);
    assertThat(listener.lines)
        .containsExactly(
            "misplaced other/stranger: The container c asks for GPUs in Kerf's words, and Kerf did"
                + " not place the pod (schedulerName: default-scheduler), so it has no GPU of"
                + " Kerf's. Create it again with schedulerName: kerf.",
            "foreign a -1");
    strict.podEnded("2");
    assertThat(used()).isZero();
  }

  @Test
  void aPodThatKerfPlacedIsNotMisplaced() {
    strict.podChanged(
        PodView.of(new PodView.Ref("ml", "p", "3"))
            .nodeName("a")
            .annotation("kerf.gpu/placement", "{}")
            .container("c", Map.of("kerf.gpu/memory", "8Gi"))
            .build());
    assertThat(listener.lines).isEmpty();
  }

  @Test
  void whereOnlySchedulersWriteItItIsBelieved() {
    trusting.podChanged(pod().annotation(HAMI, "GPU-1,NVIDIA,0,0:;").build());
    assertThat(used()).isEqualTo(0b010);
    trusting.podEnded("1");
    trusting.podChanged(pod().annotation(GPUSHARE, "2").build());
    assertThat(used()).isEqualTo(0b100);
  }

  @Test
  void whatIsSaidLateIsBelievedAndWhatChangesIsNotAndNeverAgain() {
    trusting.podChanged(pod().build());
    assertThat(used()).isEqualTo(ALL);
    trusting.podChanged(pod().annotation(HAMI, "GPU-1").build());
    assertThat(used()).isEqualTo(0b010);
    trusting.podChanged(pod().annotation(HAMI, "GPU-2").build());
    assertThat(used()).as("it frees nothing").isEqualTo(ALL);
    trusting.podChanged(pod().annotation(HAMI, "GPU-1").build());
    assertThat(used()).isEqualTo(ALL);
  }

  @Test
  void whatIsTakenBackFreesNothing() {
    trusting.podChanged(pod().annotation(GPUSHARE, "1").build());
    trusting.podChanged(pod().annotation(GPUSHARE, "1").annotation(HAMI, "GPU-2").build());
    trusting.podChanged(pod().annotation(HAMI, "GPU-2").build());
    assertThat(used()).isEqualTo(ALL);
  }

  @Test
  void whoNamesNoGpuOfTheNodeUsesAnyOfThem() {
    trusting.podChanged(pod().annotation(HAMI, "GPU-9").annotation(GPUSHARE, "77").build());
    assertThat(used()).isEqualTo(ALL);
  }
}
