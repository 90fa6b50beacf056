package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When the slots of a pod whose object is gone come free. */
class QuarantineTest {
  private static final NodeObject.Kubelet WORKS = new NodeObject.Kubelet(false, "boot-1");
  private static final NodeObject.Kubelet SILENT = new NodeObject.Kubelet(true, "boot-1");

  private final List<String> begun = new ArrayList<>();
  private final List<Quarantined> changes = new ArrayList<>();

  /** Near the end of what the stop watch counts, which may run over at any time. */
  private long now = Long.MAX_VALUE - 5;

  private final Quarantine quarantine =
      new Quarantine(
          Duration.ofSeconds(60),
          () -> now,
          new Quarantine.QuarantineListener() {
            @Override
            public void begun(Meta pod, String node, Duration period) {
              begun.add(pod.uid() + " on " + node + " for " + period.toSeconds() + " s");
            }

            @Override
            public void changed(String uid, Quarantined hold) {
              changes.add(hold);
            }
          });

  private static PodView.Builder pod(String uid) {
    return PodView.of(new PodView.Ref("ml", "p", uid))
        .nodeName("a")
        .annotation("kerf.gpu/placement", "{}")
        .phase(PodView.Phase.RUNNING)
        .graceSeconds(30);
  }

  private @Nullable Quarantined hold(String uid) {
    return quarantine.hold(new Meta("ml", "p", uid, ""), 0);
  }

  private void deleted(PodView.Builder pod) {
    quarantine.podChanged(pod.build());
    assertThat(hold(pod.build().uid())).isNotNull();
  }

  private void after(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void aRunningPodIsHeldForItsGracePeriodAndTheMargin() {
    deleted(pod("1"));
    after(89);
    assertThat(quarantine.over()).isEmpty();
    assertThat(quarantine.isHeld("1")).isTrue();
    assertThat(begun).containsExactly("1 on a for 90 s");
    after(1);
    assertThat(quarantine.over()).containsExactly("1");
    quarantine.forget("1");
    assertThat(quarantine.over()).isEmpty();
  }

  /**
   * A kubelet that was down lets go of the devices of a pod that it does not know once a minute.
   */
  @Test
  void aPodWithDevicesOfADraDriverIsHeldUntilTheDriverHasLetGo() {
    String device =
        """
        {"v":1,"node":"a","containers":[{"name":"main","wall":"mig","slots":[
          {"gpu":0,"device":"gpu-0-mig-1g10gb-19-5","mig":{"profile":"1g.10gb","start":5},
           "memoryMiB":9984}]}]}""";
    deleted(pod("1").annotation("kerf.gpu/placement", device));
    deleted(pod("2").claimsDevices());
    deleted(pod("3"));
    assertThat(begun).containsExactly("1 on a for 180 s", "2 on a for 180 s", "3 on a for 90 s");
    assertThat(quarantine.period(30))
        .as("of deletions that were never heard")
        .isEqualTo(TimeUnit.SECONDS.toNanos(180));
  }

  @Test
  void theLongestGracePeriodCounts() {
    quarantine.podChanged(pod("1").graceSeconds(600).build());
    Quarantined hold = Objects.requireNonNull(hold("1"));
    assertThat(hold).isEqualTo(new Quarantined(now + TimeUnit.SECONDS.toNanos(660), false));
  }

  @Test
  void theKubeletGivesTwoSecondsAtLeast() {
    deleted(pod("1").graceSeconds(0));
    after(61);
    assertThat(quarantine.over()).isEmpty();
    after(1);
    assertThat(quarantine.over()).containsExactly("1");
  }

  @Test
  void aGracePeriodOfAgesDoesNotEndAtOnce() {
    deleted(pod("1").graceSeconds(Long.MAX_VALUE));
    after(1_000_000);
    assertThat(quarantine.over()).isEmpty();
  }

  @Test
  void aPodWhoseContainersWereReportedEndedIsNotHeld() {
    quarantine.podChanged(pod("1").build());
    quarantine.podChanged(pod("1").terminating().ended().build());
    assertThat(hold("1")).isNull();
  }

  @Test
  void aPodThatReportsNothingYetIsHeldForTheKubeletMayHaveStartedIt() {
    deleted(pod("1").phase(PodView.Phase.PENDING));
  }

  @Test
  void aPodThatWasNeverBoundOrUsesNoGpuIsNotHeld() {
    quarantine.podChanged(PodView.of(new PodView.Ref("ml", "p", "1")).build());
    quarantine.podChanged(
        PodView.of(new PodView.Ref("ml", "p", "2"))
            .nodeName("a")
            .container("c", Map.of("cpu", "1"))
            .build());
    assertThat(hold("1")).isNull();
    assertThat(hold("2")).isNull();
    assertThat(hold("unknown")).isNull();
  }

  @Test
  void aPodThatAnotherSchedulerGaveAGpuIsHeldToo() {
    deleted(
        PodView.of(new PodView.Ref("ml", "p", "1"))
            .nodeName("a")
            .container("c", Map.of("nvidia.com/gpu", "1")));
  }

  @Test
  void aPodOnASilentNodeIsHeldUntilTheNodeIsHeardAndThenForTheWholeTime() {
    quarantine.nodeChanged("a", SILENT);
    quarantine.podChanged(pod("1").build());
    assertThat(Objects.requireNonNull(hold("1")).nodeSilent()).isTrue();
    after(100_000);
    assertThat(quarantine.over()).isEmpty();
    quarantine.nodeChanged("a", WORKS);
    assertThat(changes).containsExactly(new Quarantined(now + TimeUnit.SECONDS.toNanos(90), false));
    after(89);
    assertThat(quarantine.over()).isEmpty();
    after(1);
    assertThat(quarantine.over()).containsExactly("1");
  }

  @Test
  void aNodeThatFallsSilentMeanwhileKeepsItsPodsHeld() {
    quarantine.nodeChanged("a", WORKS);
    deleted(pod("1"));
    after(50);
    quarantine.nodeChanged("a", SILENT);
    after(100);
    assertThat(quarantine.over()).isEmpty();
  }

  @Test
  void otherNewsOfANodeDoesNotProlongTheWait() {
    quarantine.nodeChanged("a", WORKS);
    deleted(pod("1"));
    after(89);
    quarantine.nodeChanged("a", WORKS);
    quarantine.nodeChanged("b", SILENT);
    quarantine.nodeChanged("b", WORKS);
    after(1);
    assertThat(quarantine.over()).containsExactly("1");
    assertThat(changes).isEmpty();
  }

  @Test
  void aNodeThatStartedAnewRunsNothingOfBefore() {
    quarantine.nodeChanged("a", WORKS);
    deleted(pod("1"));
    quarantine.nodeChanged("a", new NodeObject.Kubelet(false, "boot-2"));
    assertThat(quarantine.over()).containsExactly("1");
  }

  @Test
  void aNodeThatComesBackUnderItsNameAndStartedAnewRunsNothingOfBefore() {
    quarantine.nodeChanged("a", WORKS);
    deleted(pod("1"));
    quarantine.nodeRemoved("a");
    assertThat(quarantine.over()).isEmpty();
    quarantine.nodeChanged("a", new NodeObject.Kubelet(false, "boot-2"));
    assertThat(quarantine.over()).containsExactly("1");
  }

  @Test
  void aNodeThatDoesNotSayWhichStartItIsProvesNothing() {
    deleted(pod("1"));
    quarantine.nodeChanged("a", WORKS);
    assertThat(quarantine.over()).isEmpty();
  }

  @Test
  void aSilentNodeThatIsRemovedHoldsNothingForEver() {
    quarantine.nodeChanged("a", SILENT);
    deleted(pod("1"));
    quarantine.nodeRemoved("a");
    after(90);
    assertThat(quarantine.over()).containsExactly("1");
  }
}
