package gpu.kerf.extender.state;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Phase;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SchedulingTest {

  private final Scheduling scheduling =
      new Scheduling(
          Dialects.all(), new Clocks(() -> Instant.ofEpochMilli(1_000), () -> 0), Runnable::run);

  private static final Quarantined HOLD = new Quarantined(90_000_000_000L, false);

  private static NodeSpec node(String name, int gpus) {
    var h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    return NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(h100, GpuMode.PLAIN)))
        .withHost(64_000, 1 << 20);
  }

  private static PodView.Builder pod(String uid) {
    return PodView.of(new PodView.Ref("ml", "pod-" + uid, uid))
        .container("main", Map.of("kerf.gpu/memory", "8Gi", "cpu", "2"));
  }

  private static String record(String node, int gpu) {
    return "{\"v\":1,\"node\":\"%s\",\"containers\":[{\"name\":\"main\",\"wall\":\"mps\",\"slots\":["
            .formatted(node)
        + "{\"gpu\":%d,\"mps\":{\"smMilli\":0},\"memoryMiB\":8192}]}]}".formatted(gpu);
  }

  private static PodView bound(String uid, String node, int gpu) {
    return pod(uid)
        .nodeName(node)
        .phase(Phase.RUNNING)
        .annotation("kerf.gpu/placement", record(node, gpu))
        .build();
  }

  private NodeState state(String name) {
    return Objects.requireNonNull(scheduling.fleet().node(name));
  }

  @Test
  void aBoundPodHoldsWhatItsRecordSays() {
    scheduling.nodeChanged(node("a", 2));
    scheduling.podChanged(bound("1", "a", 1));
    assertThat(state("a").freeMiB(1)).isEqualTo(81_152 - 8_192);
    assertThat(state("a").freeCpuMilli()).isEqualTo(62_000);
    assertThat(scheduling.problems()).isEmpty();
  }

  @Test
  void aPodThatWasSeenBeforeItsNodeWaitsForIt() {
    scheduling.podChanged(bound("1", "a", 0));
    assertThat(scheduling.ledger().entry("1")).isNull();
    scheduling.nodeChanged(node("a", 1));
    assertThat(state("a").clients(0)).isEqualTo(1);
  }

  @Test
  void seeingAPodAgainChangesNothing() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(bound("1", "a", 0));
    NodeState before = state("a");
    int version = before.version();
    scheduling.podChanged(bound("1", "a", 0));
    assertThat(state("a")).isSameAs(before);
    assertThat(before.version()).isEqualTo(version);
  }

  /** The same pod after a resize: what it asks for, sets aside and runs with, in CPUs. */
  private static PodView resized(String asked, String allocated, String running, boolean never) {
    Map<String, String> request =
        Map.of("kerf.gpu/memory", "8Gi", "cpu", asked, "memory", asked + "Gi");
    return PodView.of(new PodView.Ref("ml", "pod-1", "1"))
        .container(
            new PodView.Container("main", new PodView.Resources(request, request), false)
                .with(
                    new PodView.Granted(
                        Map.of("cpu", allocated, "memory", allocated + "Gi"),
                        Map.of("cpu", running, "memory", running + "Gi"),
                        never)))
        .nodeName("a")
        .phase(Phase.RUNNING)
        .annotation("kerf.gpu/placement", record("a", 1))
        .build();
  }

  private void assertHolds(int cpus) {
    assertThat(state("a").freeCpuMilli()).isEqualTo(64_000 - 1000 * cpus);
    assertThat(state("a").freeHostMiB()).isEqualTo((1 << 20) - 1024 * cpus);
    assertThat(state("a").freeMiB(1)).isEqualTo(81_152 - 8_192);
    Ledger rebuilt = new Ledger();
    rebuilt.putNode(node("a", 2));
    rebuilt.rebuild(scheduling.ledger().entries());
    NodeState fresh = Objects.requireNonNull(rebuilt.fleet().node("a"));
    assertThat(fresh.freeCpuMilli()).isEqualTo(state("a").freeCpuMilli());
    assertThat(fresh.freeHostMiB()).isEqualTo(state("a").freeHostMiB());
    assertThat(fresh.gpu(1)).isEqualTo(state("a").gpu(1));
  }

  @Test
  void aResizeInPlaceChangesTheCpuAndMemoryThatIsHeldBothWays() {
    scheduling.nodeChanged(node("a", 2));
    scheduling.podChanged(resized("2", "2", "2", false));
    assertHolds(2);
    // Asked for and not granted yet: it will be.
    scheduling.podChanged(resized("6", "2", "2", false));
    assertHolds(6);
    scheduling.podChanged(resized("6", "6", "6", false));
    assertHolds(6);
    // Less is asked for, and the container still runs with more.
    scheduling.podChanged(resized("1", "1", "6", false));
    assertHolds(6);
    scheduling.podChanged(resized("1", "1", "1", false));
    assertHolds(1);
    assertThat(scheduling.problems()).isEmpty();
  }

  @Test
  void aResizeThatTheNodeCanNeverGrantHoldsNothingMore() {
    scheduling.nodeChanged(node("a", 2));
    scheduling.podChanged(resized("60", "2", "2", false));
    assertHolds(60);
    scheduling.podChanged(resized("60", "2", "2", true));
    assertHolds(2);
  }

  @Test
  void aResizeThatWasHeardOfWhileKerfWasBindingCounts() {
    scheduling.nodeChanged(node("a", 2));
    scheduling.arrived(pod("1").build());
    KnownPod known = Objects.requireNonNull(scheduling.pods().get("1"));
    scheduling
        .ledger()
        .take(
            known.holder(),
            new Placement(
                "a",
                List.of(new Placement.ContainerSlots("main", List.of(new Slot.Share(1, 8_192, 0)))),
                2_000,
                0),
            0);
    scheduling.podChanged(resized("6", "6", "6", false));
    assertHolds(6);
  }

  @Test
  void aPodThatIsOverOrGoneHoldsNothing() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(bound("1", "a", 0));
    scheduling.podChanged(bound("2", "a", 0));
    scheduling.podChanged(pod("1").nodeName("a").phase(Phase.OVER).build());
    scheduling.podEnded("2");
    assertThat(scheduling.ledger().entries()).isEmpty();
    assertThat(scheduling.pods().size()).isZero();
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152);
  }

  @Test
  void aQuarantinedPodHoldsItsSlotsThoughItIsNoPodAnyMoreUntilItIsGone() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(bound("1", "a", 0));
    scheduling.podQuarantined("1", HOLD);
    assertThat(state("a").clients(0)).isEqualTo(1);
    assertThat(scheduling.pods().get("1")).isNull();
    assertThat(scheduling.quarantined("1")).isEqualTo(HOLD);
    scheduling.podChanged(bound("1-again", "a", 0));
    assertThat(state("a").clients(0)).as("a pod of the same name is another one").isEqualTo(2);
    scheduling.podEnded("1");
    assertThat(state("a").clients(0)).isEqualTo(1);
    assertThat(scheduling.quarantined("1")).isNull();
  }

  @Test
  void aPodThatIsQuarantinedBeforeItsNodeIsKnownHoldsItsSlotsWhenTheNodeComes() {
    scheduling.podChanged(bound("1", "a", 0));
    scheduling.podQuarantined("1", HOLD);
    scheduling.nodeChanged(node("a", 1));
    assertThat(state("a").clients(0)).isEqualTo(1);
    assertThat(Objects.requireNonNull(scheduling.ledger().entry("1")).state())
        .isEqualTo(Entry.State.QUARANTINED);
    scheduling.podEnded("1");
    assertThat(state("a").clients(0)).isZero();
  }

  @Test
  void aQuarantinedPodWhoseRecordCannotBeReadKeepsItsNodeFromNewPods() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(pod("1").nodeName("a").annotation("kerf.gpu/placement", "{").build());
    scheduling.podQuarantined("1", HOLD);
    assertThat(state("a").isUsable(0)).isFalse();
    scheduling.podEnded("1");
    assertThat(state("a").isUsable(0)).isTrue();
  }

  @Test
  void aPodOnItsWayOutHoldsItsSlots() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(
        pod("1")
            .nodeName("a")
            .terminating()
            .annotation("kerf.gpu/placement", record("a", 0))
            .build());
    assertThat(state("a").clients(0)).isEqualTo(1);
  }

  @Test
  void aPodThatAnotherSchedulerBoundAsksKerfForNoGpu() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(
        PodView.of(new PodView.Ref("web", "w", "1"))
            .schedulerName("default-scheduler")
            .nodeName("a")
            .annotation("nvidia.com/use-gpuuuid", "GPU-1")
            .container("c", Map.of("nvidia.com/gpu", "1", "cpu", "4"))
            .build());
    KnownPod known = Objects.requireNonNull(scheduling.pods().get("1"));
    assertThat(known.problem()).isEmpty();
    assertThat(known.demand().containers()).isEmpty();
    assertThat(known.demand().cpuMilli()).isEqualTo(4_000);
    assertThat(Objects.requireNonNull(scheduling.ledger().entry("1")).placement().containers())
        .isEmpty();
  }

  @Test
  void aBoundPodOfADialectKeepsItsReadingAfterARestart() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(kai("0.1").annotation("kerf.gpu/placement", record("a", 0)).build());
    assertThat(asked("1")).isEqualTo("10%");
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152 - 8_192);
  }

  @Test
  void annotationsThatChangeAfterBindChangeNothing() {
    scheduling.nodeChanged(node("a", 1));
    PodView.Builder placed = kai("0.1").annotation("kerf.gpu/placement", record("a", 0));
    scheduling.podChanged(placed.build());
    scheduling.podChanged(placed.annotation("gpu-fraction", "0.9").build());
    assertThat(asked("1")).isEqualTo("10%");
    scheduling.podChanged(
        placed.annotation("gpu-memory", "x").annotation("nvidia.com/use-gputype", "T4").build());
    assertThat(asked("1")).isEqualTo("10%");
    assertThat(Objects.requireNonNull(scheduling.pods().get("1")).problem()).isEmpty();
  }

  private static PodView.Builder kai(String fraction) {
    return PodView.of(new PodView.Ref("ml", "pod-1", "1"))
        .nodeName("a")
        .phase(Phase.RUNNING)
        .annotation("gpu-fraction", fraction)
        .container("main", Map.of());
  }

  private String asked(String uid) {
    return DemandText.brief(Objects.requireNonNull(scheduling.pods().get(uid)).demand());
  }

  @Test
  void aPodOfAnotherSchedulerTakesCpuOfTheNode() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(
        PodView.of(new PodView.Ref("web", "w", "1"))
            .nodeName("a")
            .container("c", Map.of("cpu", "4"))
            .build());
    assertThat(state("a").freeCpuMilli()).isEqualTo(60_000);
    assertThat(state("a").freeMiB(0)).isEqualTo(81_152);
  }

  @Test
  void aNodeWithAPodWhoseRecordCannotBeReadGetsNothingNewUntilThePodIsGone() {
    scheduling.nodeChanged(node("a", 2));
    scheduling.podChanged(pod("1").nodeName("a").annotation("kerf.gpu/placement", "{").build());
    assertThat(state("a").isUsable(0)).isFalse();
    assertThat(state("a").isUsable(1)).isFalse();
    assertThat(scheduling.problems())
        .hasSize(1)
        .allSatisfy((about, text) -> assertThat(text).contains("ml/pod-1", "cannot be read"));
    scheduling.nodeChanged(node("a", 2));
    assertThat(state("a").isUsable(0)).isFalse();
    scheduling.podEnded("1");
    assertThat(state("a").isUsable(0)).isTrue();
    assertThat(scheduling.problems()).isEmpty();
  }

  @Test
  void aRecordOfAGpuThatIsNotThereIsAProblemUntilItIs() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(bound("1", "a", 3));
    assertThat(scheduling.problems()).hasSize(1);
    scheduling.nodeChanged(node("a", 4));
    assertThat(scheduling.problems()).isEmpty();
    assertThat(state("a").clients(3)).isEqualTo(1);
    assertThat(state("a").isUsable(0)).isTrue();
  }

  @Test
  void twoPodsOnOneSlotAreAProblemThatNamesTheYounger() {
    scheduling.nodeChanged(node("a", 1));
    for (String uid : new String[] {"1", "2"}) {
      scheduling.podChanged(
          pod(uid)
              .nodeName("a")
              .createdMillis(Long.parseLong(uid))
              .annotation("kerf.gpu/placement", whole())
              .build());
    }
    assertThat(scheduling.problems()).containsOnlyKeys("pod 2");
    assertThat(state("a").isUsable(0)).isFalse();
    scheduling.podEnded("2");
    assertThat(scheduling.problems()).isEmpty();
    assertThat(state("a").isUsable(0)).isTrue();
  }

  private static String whole() {
    return "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"none\",\"slots\":["
        + "{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}]}]}";
  }

  @Test
  void aNodeWhoseInventoryIsMalformedIsNotManagedAndSaysWhy() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.nodeUnusable("a", "The inventory record ...");
    assertThat(scheduling.fleet().node("a")).isNull();
    assertThat(scheduling.names().find("a")).isEqualTo(-1);
    assertThat(scheduling.problems()).containsEntry("node a", "The inventory record ...");
    scheduling.nodeChanged(node("a", 1));
    assertThat(scheduling.problems()).isEmpty();
    assertThat(scheduling.names().find("a")).isEqualTo(scheduling.fleet().indexOf("a"));
  }

  @Test
  void aNodeThatComesBackFindsItsPods() {
    scheduling.nodeChanged(node("a", 1));
    scheduling.podChanged(bound("1", "a", 0));
    scheduling.nodeRemoved("a");
    assertThat(Objects.requireNonNull(scheduling.ledger().entry("1")).state())
        .isEqualTo(Entry.State.BOUND);
    scheduling.nodeChanged(node("b", 1));
    scheduling.nodeChanged(node("a", 1));
    assertThat(state("a").clients(0)).isEqualTo(1);
    assertThat(state("b").clients(0)).isZero();
  }

  @Test
  void podsThatOnlyFilterMentionedAreForgottenWhenThereAreTooMany() {
    scheduling.podChanged(pod("kept").build());
    for (int i = 0; i < 20_010; i++) {
      scheduling.arrived(pod("p" + i).build());
    }
    assertThat(scheduling.pods().size()).isEqualTo(20_001);
    assertThat(scheduling.pods().get("p0")).isNull();
    assertThat(scheduling.pods().get("kept")).isNotNull();
  }

  @Test
  void decisionsAreKeptNewestFirstAndOnlyTheLatest() {
    for (int i = 0; i < 3_000; i++) {
      PodView.Ref ref = new PodView.Ref("ml", "p", "" + i % 2);
      scheduling.decided(
          scheduling.deciding(Decision.Verb.FILTER, ref).failed(VerbError.NOT_SYNCED));
    }
    assertThat(scheduling.decisions().latest(2, ""))
        .extracting(Decision::id)
        .containsExactly(3000L, 2999L);
    assertThat(scheduling.decisions().latest(2, "0"))
        .extracting(Decision::id)
        .containsExactly(2999L, 2997L);
    assertThat(scheduling.decisions().latest(9_999, "")).hasSize(2_048);
  }

  // ---- a GPU is its UUID

  private static NodeSpec named(String name, String... uuids) {
    GpuModel h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    List<GpuSpec> gpus = new ArrayList<>();
    for (String uuid : uuids) {
      gpus.add(new GpuSpec(uuid, h100, 81_559, GpuMode.PLAIN, List.of()));
    }
    return NodeSpec.of(name, gpus);
  }

  private static PodView onGpu(String uid, String uuid, int index) {
    String slot = "{\"gpu\":%d,\"uuid\":\"%s\",\"whole\":true,\"memoryMiB\":81559}";
    return pod(uid)
        .nodeName("a")
        .phase(Phase.RUNNING)
        .annotation(
            "kerf.gpu/placement",
            ("{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"none\",\"slots\":["
                    + slot
                    + "]}]}")
                .formatted(index, uuid))
        .build();
  }

  @Test
  void aPodWhoseGpuIsLostIsNamedAmongTheProblemsUntilTheGpuIsBack() {
    scheduling.nodeChanged(named("a", "A", "B", "C"));
    scheduling.podChanged(onGpu("1", "B", 1));

    scheduling.nodeChanged(named("a", "A", "C"));

    assertThat(scheduling.problems())
        .containsExactly(
            Map.entry("pod 1", "Pod ml/pod-1: its node does not have its GPU any more (B)"));
    assertThat(state("a").untouched()).isEqualTo(0b11);
    scheduling.nodeChanged(named("a", "B", "A", "C"));
    assertThat(scheduling.problems()).isEmpty();
    assertThat(state("a").untouched()).isEqualTo(0b110);
  }

  @Test
  void aRecordIsReadByItsUuidAndNeverByItsIndexWhereOneIsWritten() {
    scheduling.nodeChanged(named("a", "A", "C"));

    scheduling.podChanged(onGpu("1", "B", 1));
    assertThat(state("a").untouched()).isEqualTo(0b11);

    scheduling.podChanged(onGpu("2", "C", 0));
    assertThat(state("a").untouched()).isEqualTo(0b01);
    assertThat(scheduling.problems()).containsOnlyKeys("pod 1");
  }

  @Test
  void aPodThatIsSeenAgainAfterANewOrderSaysWhatItSaidBefore() {
    scheduling.nodeChanged(named("a", "A", "B"));
    scheduling.podChanged(onGpu("1", "B", 1));
    scheduling.nodeChanged(named("a", "B", "A"));

    scheduling.podChanged(onGpu("1", "B", 1));
    assertThat(scheduling.problems()).isEmpty();

    scheduling.podChanged(onGpu("1", "A", 1));
    assertThat(scheduling.problems().toString()).contains("is not the one with which it was bound");
    assertThat(state("a").untouched()).isEqualTo(0b10);
  }

  @Test
  void gpusThatAreIllUsedByOthersOrWaitForAPodAreKeptByUuid() {
    scheduling.nodeChanged(named("a", "A", "B", "C", "D"));
    scheduling.gpusUnusable("a", 0b0001);
    scheduling.gpusForeign("a", 0b0010);
    Slot reserved = new Slot.Share(2, 8_192, 0);
    scheduling.reserve(
        "1",
        new Placement("a", List.of(new Placement.ContainerSlots("main", List.of(reserved))), 0, 0));

    scheduling.nodeChanged(named("a", "D", "C", "B", "A"));
    assertThat(state("a").untouched()).as("D").isEqualTo(0b0001);

    scheduling.nodeChanged(named("a", "D", "B", "A"));
    assertThat(state("a").untouched()).as("D; C is lost").isEqualTo(0b001);
    scheduling.nodeChanged(named("a", "C", "D", "B", "A"));
    assertThat(state("a").untouched()).as("D; C still waits").isEqualTo(0b0010);
    scheduling.unreserve("1");
    assertThat(state("a").untouched()).as("C and D").isEqualTo(0b0011);
  }

  @Test
  void aNodeIsInUseWhilePodsHoldItsGpusOrMayHoldThem() {
    scheduling.nodeChanged(named("a", "A"));
    assertThat(scheduling.isInUse("a")).isFalse();
    scheduling.podChanged(onGpu("1", "A", 0));
    assertThat(scheduling.isInUse("a")).isTrue();
    scheduling.podEnded("1");
    assertThat(scheduling.isInUse("a")).isFalse();

    scheduling.podChanged(pod("2").nodeName("a").annotation("kerf.gpu/placement", "{").build());
    assertThat(scheduling.isInUse("a")).as("what it holds cannot be read").isTrue();
    scheduling.podEnded("2");
    scheduling.podChanged(
        PodView.of(new PodView.Ref("web", "w", "3"))
            .nodeName("a")
            .container("c", Map.of())
            .build());
    assertThat(scheduling.isInUse("a")).as("by a pod without GPUs").isFalse();
  }

  @Test
  void theProblemOfAnOlderInventoryStandsUntilItIsOver() {
    scheduling.nodeChanged(named("a", "A"));
    scheduling.inventoryDoubtful("a", "Node a gives no UUIDs.");
    assertThat(scheduling.problems()).containsEntry("node a", "Node a gives no UUIDs.");
    scheduling.inventoryDoubtful("a", "");
    assertThat(scheduling.problems()).isEmpty();
  }
}
