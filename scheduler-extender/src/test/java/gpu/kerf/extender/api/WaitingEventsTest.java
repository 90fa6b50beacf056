package gpu.kerf.extender.api;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.extender.service.WarmUpCluster;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The event WouldFit of pods that wait for room. */
class WaitingEventsTest {
  private static final long TEN_SECONDS = 10_000;

  private final List<PodEvent> told = new ArrayList<>();
  private final WarmUpCluster cluster =
      new WarmUpCluster() {
        @Override
        public void event(PodEvent event) {
          told.add(event);
        }
      };
  private long millis = 1_000_000;
  private final Scheduling scheduling =
      new Scheduling(
          Dialects.all(),
          new Clocks(() -> Instant.ofEpochMilli(millis), () -> millis * 1_000_000),
          Runnable::run);
  private final Changes changes =
      new Changes(
          new Explainer(scheduling.fleet(), () -> scheduling.chooser().placer().prices()),
          () -> millis * 1_000_000);
  private final WaitingEvents events = new WaitingEvents(scheduling, changes, cluster);

  @BeforeEach
  void anA100() {
    scheduling.nodeChanged(RunningService.node("a", 2, "A100-40GB", GpuMode.PLAIN));
  }

  private static PodView pod(String name, String limit, String amount) {
    return PodView.of(new PodView.Ref("ml", name, "uid-" + name))
        .schedulerName("kerf")
        .container("main", Map.of(limit, amount))
        .build();
  }

  /** A pod that kube-scheduler has asked about in vain. */
  private void waits(String name, String memory) {
    KnownPod known = scheduling.arrived(pod(name, "kerf.gpu/memory", memory));
    scheduling.pods().explain(known, Map.of(Reason.TOO_BIG, 1));
  }

  private void look() {
    events.look();
  }

  private void after(long wait) {
    millis += wait;
    events.look();
  }

  @Test
  void itNamesTheCheapestChangeAfterTenSeconds() {
    waits("large", "60Gi");
    after(TEN_SECONDS - 1);
    assertThat(told).isEmpty();
    after(1);
    assertThat(told)
        .containsExactly(
            new PodEvent(
                new PodView.Ref("ml", "large", "uid-large"),
                false,
                "WouldFit",
                "The pod would fit now with this change: split it over 2 GPUs"
                    + " (kerf.gpu/split: \"2\")."));
  }

  @Test
  void itComesAgainOnlyWhenTheChangeIsAnother() {
    waits("large", "60Gi");
    after(TEN_SECONDS);
    after(TEN_SECONDS);
    after(TEN_SECONDS);
    assertThat(told).hasSize(1);
    // One GPU less: a split over two does not help any more.
    scheduling.nodeChanged(RunningService.node("a", 1, "A100-40GB", GpuMode.PLAIN));
    after(2 * TEN_SECONDS);
    assertThat(told).hasSize(2);
    assertThat(told.get(1).message()).contains("ask for", "instead of 60Gi");
  }

  @Test
  void whereNoChangeHelpsThereIsNoEvent() {
    scheduling.nodeRemoved("a");
    waits("large", "60Gi");
    after(TEN_SECONDS);
    assertThat(told).isEmpty();
  }

  @Test
  void aPodThatWasNotRefusedOrHasGoneGetsNone() {
    scheduling.arrived(pod("new", "kerf.gpu/memory", "60Gi"));
    scheduling.arrived(pod("cpu", "cpu", "1"));
    waits("gone", "60Gi");
    scheduling.podEnded("uid-gone");
    after(TEN_SECONDS);
    assertThat(told).isEmpty();
  }

  @Test
  void ofManyPodsAllAreToldFiftyAtATime() {
    for (int i = 0; i < 120; i++) {
      waits("p-" + i, "60Gi");
    }
    after(TEN_SECONDS);
    assertThat(told).hasSize(50);
    look();
    look();
    assertThat(told).hasSize(120);
    assertThat(told.stream().map(event -> event.pod().name())).doesNotHaveDuplicates();
    look();
    assertThat(told).hasSize(120);
  }
}
