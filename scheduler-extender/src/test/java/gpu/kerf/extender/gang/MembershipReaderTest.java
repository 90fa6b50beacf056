package gpu.kerf.extender.gang;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.gang.GangKey.Source;
import gpu.kerf.extender.wire.PodView;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MembershipReaderTest {

  private static PodView.Builder pod() {
    return PodView.of(new PodView.Ref("ml", "pod-1", "1"));
  }

  private static Membership read(PodView.Builder pod) {
    return Objects.requireNonNull(MembershipReader.read(pod.build()));
  }

  private static void assertGang(PodView.Builder pod, Source source, String name, GangSize size) {
    assertThat(read(pod)).isEqualTo(Membership.of(new GangKey(source, "ml", name), size));
  }

  private static void assertSizedElsewhere(PodView.Builder pod, Source source, String name) {
    assertThat(read(pod)).isEqualTo(Membership.sizedElsewhere(new GangKey(source, "ml", name)));
  }

  private static void assertNone(PodView.Builder pod) {
    assertThat(MembershipReader.read(pod.build())).isNull();
  }

  @Test
  void aPodThatSaysNothingIsInNoGang() {
    assertNone(pod());
  }

  @Test
  void kerfsOwnWordsMayBeLabelsOrAnnotations() {
    assertGang(
        pod().label("kerf.gpu/gang", "g").annotation("kerf.gpu/gang-size", "8"),
        Source.KERF,
        "g",
        GangSize.all(8));
    assertGang(
        pod()
            .annotation("kerf.gpu/gang", "g")
            .label("kerf.gpu/gang-size", "8")
            .annotation("kerf.gpu/gang-minimum", "4"),
        Source.KERF,
        "g",
        new GangSize(4, 8));
  }

  @Test
  void aGangOfOnePodIsNone() {
    assertNone(pod().label("kerf.gpu/gang", "g").label("kerf.gpu/gang-size", "1"));
    assertNone(
        pod()
            .label("kueue.x-k8s.io/pod-group-name", "g")
            .annotation("kueue.x-k8s.io/pod-group-total-count", "1"));
  }

  @Test
  void noneTakesAPodOutOfEveryGang() {
    assertNone(
        pod()
            .annotation("kerf.gpu/gang", "none")
            .label("scheduling.x-k8s.io/pod-group", "g")
            .schedulingGroup("g"));
  }

  @Test
  void theFirstWordsCount() {
    assertGang(
        pod()
            .label("kerf.gpu/gang", "own")
            .label("kerf.gpu/gang-size", "2")
            .label("scheduling.x-k8s.io/pod-group", "other")
            .schedulingGroup("third"),
        Source.KERF,
        "own",
        GangSize.all(2));
    assertSizedElsewhere(
        pod().label("scheduling.x-k8s.io/pod-group", "other").schedulingGroup("third"),
        Source.KUBERNETES,
        "third");
  }

  @Test
  void podGroupsOfEveryProjectAreRead() {
    assertSizedElsewhere(pod().schedulingGroup("g"), Source.KUBERNETES, "g");
    assertSizedElsewhere(
        pod().label("scheduling.x-k8s.io/pod-group", "g"), Source.SCHEDULER_PLUGINS, "g");
    assertSizedElsewhere(
        pod().label("pod-group.scheduling.sigs.k8s.io", "g"), Source.SCHEDULER_PLUGINS, "g");
    assertSizedElsewhere(
        pod().annotation("scheduling.k8s.io/group-name", "g"), Source.VOLCANO, "g");
    assertSizedElsewhere(pod().annotation("pod-group-name", "g"), Source.KAI, "g");
    assertSizedElsewhere(pod().label("jobset.sigs.k8s.io/jobset-name", "g"), Source.JOB_SET, "g");
  }

  @Test
  void groupsThatCountThemselvesAreRead() {
    assertGang(
        pod()
            .label("kueue.x-k8s.io/pod-group-name", "g")
            .annotation("kueue.x-k8s.io/pod-group-total-count", "3"),
        Source.KUEUE,
        "g",
        GangSize.all(3));
    assertGang(
        pod()
            .label("leaderworkerset.sigs.k8s.io/name", "lws")
            .label("leaderworkerset.sigs.k8s.io/group-index", "2")
            .annotation("leaderworkerset.sigs.k8s.io/size", "5"),
        Source.LEADER_WORKER_SET,
        "lws/2",
        GangSize.all(5));
  }

  @Test
  void podsOfAServingGroupOfKueueComeOneAfterTheOtherAndAreNoGang() {
    assertNone(
        pod()
            .label("kueue.x-k8s.io/pod-group-name", "g")
            .annotation("kueue.x-k8s.io/pod-group-total-count", "3")
            .annotation("kueue.x-k8s.io/pod-group-serving", "true"));
  }

  @Test
  void aJobThatSaysSoIsAGangByItsOwnName() {
    assertSizedElsewhere(
        pod().annotation("kerf.gpu/gang", "job").label("batch.kubernetes.io/job-name", "train"),
        Source.JOB,
        "train");
    assertNone(pod().label("batch.kubernetes.io/job-name", "train"));
    assertThat(read(pod().annotation("kerf.gpu/gang", "job")).problem())
        .contains("on a pod of no Job");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-1", "513", "1000000000", "99999999999999999999", "NaN", "1.5", " 4", "4Ki"})
  void aSizeThatNoGangHasIsRefusedWithItsValue(String size) {
    String problem =
        read(pod().label("kerf.gpu/gang", "g").annotation("kerf.gpu/gang-size", size)).problem();
    assertThat(problem).contains("kerf.gpu/gang-size (" + size, "between 1 and 512", "\n");
    assertThat(
            read(pod()
                    .label("kueue.x-k8s.io/pod-group-name", "g")
                    .annotation("kueue.x-k8s.io/pod-group-total-count", size))
                .problem())
        .contains("pod-group-total-count (" + size);
  }

  @Test
  void aGangWithoutASizeAndASizeWithoutAGangAreRefused() {
    assertThat(read(pod().label("kerf.gpu/gang", "g")).problem())
        .contains("kerf.gpu/gang (g) has no kerf.gpu/gang-size");
    assertThat(read(pod().label("kerf.gpu/gang-size", "4")).problem())
        .contains("kerf.gpu/gang-size (4) is of no gang");
  }

  @Test
  void aMinimumAboveTheSizeIsRefused() {
    assertThat(
            read(pod()
                    .label("kerf.gpu/gang", "g")
                    .label("kerf.gpu/gang-size", "4")
                    .label("kerf.gpu/gang-minimum", "5"))
                .problem())
        .contains("(4)", "minimum (5)");
  }

  @Test
  void gangsOfTwoNamespacesAreTwoGangs() {
    PodView other =
        PodView.of(new PodView.Ref("other", "pod-1", "2"))
            .label("kerf.gpu/gang", "g")
            .label("kerf.gpu/gang-size", "4")
            .build();
    Membership says = Objects.requireNonNull(MembershipReader.read(other));
    assertThat(says.gang())
        .isNotEqualTo(
            read(pod().label("kerf.gpu/gang", "g").label("kerf.gpu/gang-size", "4")).gang());
  }

  @Test
  void aLongOrUnprintableValueIsShownShortAndPlain() {
    String problem =
        read(pod()
                .label("kerf.gpu/gang", "g")
                .annotation("kerf.gpu/gang-size", "\u0007".repeat(99)))
            .problem();
    assertThat(problem).contains("(" + "?".repeat(40) + "…)");
  }
}
