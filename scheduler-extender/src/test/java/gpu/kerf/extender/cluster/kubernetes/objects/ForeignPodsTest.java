package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.wire.MigReservations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.hardware.DeliveryWay;
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
    there.podChanged(pod().resourceClaim("c").build());
    assertThat(used()).isEqualTo(0b10);
    strict.podChanged(pod().resourceClaim("c").build());
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

  private static final String MIG = "hami.io/vgpu-mig-allocations";

  private static String reserved(String gpu, String profile, int start, int size) {
    return MigReservations.write(
        List.of(new MigReservations.Reservation(0, 0, gpu, profile, start, size)));
  }

  /** A node of three H100 that HAMi's device plugin cuts. */
  private ForeignPods onCutGpus(boolean trusts) {
    List<GpuSpec> cut =
        GPUS.stream()
            .map(
                gpu ->
                    new GpuSpec(
                        gpu.uuid(), gpu.model(), gpu.memoryMiB(), GpuMode.MIG_DYNAMIC, List.of()))
            .toList();
    DriverDevices devices =
        new DriverDevices(
            "hami", "a", Collections.nCopies(GPUS.size(), DriverDevices.OfGpu.NOTHING));
    NodeSpec node = NodeSpec.of("a", cut).deliveredBy(DeliveryWay.HAMI_MIG, devices);
    return new ForeignPods(listener, name -> node, name -> Claims.Used.NOTHING, trusts);
  }

  private static PodView.Builder onMig(String reservations) {
    return pod().annotation(HAMI, "GPU-1,NVIDIA,9984,15:;").annotation(MIG, reservations);
  }

  @Test
  void aPodOfHamisSchedulerHasTheInstancesThatItReserves() {
    ForeignPods there = onCutGpus(true);
    there.podChanged(onMig(reserved("GPU-1", "3g.40gb", 4, 4)).build());
    assertThat(used()).isZero();
    assertThat(listener.parts).hasSize(1);
    ForeignHold hold = listener.parts.get(0);
    assertThat(hold.uid()).isEqualTo("1");
    assertThat(hold.pod()).isEmpty();
    assertThat(hold.grant().containers().get(0).slots())
        .containsExactly(
            new Grant.SlotGrant(1, "GPU-1", "3g.40gb", 4, null, -1, memoryOf("3g.40gb")));

    there.podEnded("1");
    assertThat(listener.parts).isEmpty();
  }

  private static int memoryOf(String profile) {
    return Objects.requireNonNull(GPUS.get(0).model().profile(profile)).memoryMiB();
  }

  @Test
  void thePluginMayAddWhatItHasMadeAndAnOwnerMayNotMoveAReservation() {
    ForeignPods there = onCutGpus(true);
    String reservation = reserved("GPU-1", "3g.40gb", 4, 4);
    there.podChanged(onMig(reservation).build());
    String made =
        reservation.replace(
            "}}]", "},\"migUUID\":\"MIG-1\",\"gpuInstanceID\":4,\"computeInstanceID\":0}]");
    there.podChanged(onMig(made).build());
    assertThat(used()).isZero();
    assertThat(listener.parts).hasSize(1);

    there.podChanged(onMig(reserved("GPU-1", "3g.40gb", 0, 4)).build());
    assertThat(used()).as("it frees nothing").isEqualTo(ALL);
    assertThat(listener.parts).isEmpty();
  }

  @Test
  void reservationsAreNotBelievedWhereTheirOwnersCanWriteThem() {
    ForeignPods there = onCutGpus(false);
    there.podChanged(onMig(reserved("GPU-1", "3g.40gb", 4, 4)).build());
    assertThat(used()).isEqualTo(ALL);
    assertThat(listener.parts).isEmpty();
  }

  @Test
  void aReservationThatIsNoPlaceOrNotAllOfAGpuClosesTheGpu() {
    List<String> wrong =
        List.of(
            reserved("GPU-1", "3g.40gb", 2, 4),
            reserved("GPU-1", "3g.40gb", 4, 2),
            reserved("GPU-1", "9g.90gb", 0, 8),
            reserved("GPU-2", "3g.40gb", 4, 4),
            "nonsense");
    for (String each : wrong) {
      ForeignPods there = onCutGpus(true);
      there.podChanged(onMig(each).build());
      assertThat(used()).as(each).isEqualTo(0b010);
      assertThat(listener.parts).as(each).isEmpty();
    }
    ForeignPods twice = onCutGpus(true);
    twice.podChanged(
        onMig(reserved("GPU-1", "3g.40gb", 4, 4))
            .annotation(HAMI, "GPU-1,NVIDIA,9984,15:GPU-1,NVIDIA,9984,15:;")
            .build());
    assertThat(used()).as("two devices and one reservation").isEqualTo(0b010);
  }

  @Test
  void whoNamesNoGpuOfTheNodeUsesAnyOfThem() {
    trusting.podChanged(pod().annotation(HAMI, "GPU-9").annotation(GPUSHARE, "77").build());
    assertThat(used()).isEqualTo(ALL);
  }
}
