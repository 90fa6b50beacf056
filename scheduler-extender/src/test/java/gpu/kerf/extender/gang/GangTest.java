package gpu.kerf.extender.gang;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.gang.GangKey.Source;
import gpu.kerf.extender.wire.PodView;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GangTest {
  private final Gangs gangs = new Gangs();

  private static PodView.Builder pod(String uid, int size) {
    return PodView.of(new PodView.Ref("ml", "pod-" + uid, uid))
        .createdMillis(1_000)
        .label("kerf.gpu/gang", "g")
        .label("kerf.gpu/gang-size", "" + size);
  }

  private static PodView.Builder bound(String uid, int size) {
    return pod(uid, size).nodeName("a").annotation("kerf.gpu/gang-begun", "1000");
  }

  private Gang put(PodView.Builder... pods) {
    Gang gang = null;
    for (PodView.Builder pod : pods) {
      gang = gangs.podChanged(pod.build());
    }
    return Objects.requireNonNull(gang);
  }

  @Test
  void aGangIsCompleteWhenAllItsPodsAreThere() {
    assertThat(put(pod("1", 2)).isComplete()).isFalse();
    assertThat(put(pod("2", 2)).isComplete()).isTrue();
    gangs.podEnded("1");
    assertThat(put(pod("2", 2)).isComplete()).isFalse();
  }

  @Test
  void aPodThatIsBeingDeletedDoesNotCount() {
    assertThat(put(pod("1", 2), pod("2", 2).terminating()).isComplete()).isFalse();
  }

  @Test
  void aGangWithoutPodsIsForgotten() {
    put(pod("1", 2));
    gangs.podEnded("1");
    assertThat(gangs.all()).isEmpty();
    assertThat(gangs.of("1")).isNull();
  }

  @Test
  void aPodThatChangesItsGangLeavesTheOldOne() {
    put(pod("1", 2), pod("2", 2));
    put(
        PodView.of(new PodView.Ref("ml", "pod-1", "1"))
            .label("kerf.gpu/gang", "h")
            .label("kerf.gpu/gang-size", "3"));
    assertThat(gangs.all()).hasSize(2).noneMatch(Gang::isComplete);
  }

  @Test
  void podsThatWaitDecideTheSizeAndNotThoseThatAreBound() {
    Gang gang = put(bound("1", 4), pod("2", 2));
    assertThat(gang.size()).isEqualTo(GangSize.all(2));
    assertThat(gang.problem("2")).isEmpty();
  }

  @Test
  void podsThatDisagreeAreAllRefusedUntilTheyAgree() {
    Gang gang = put(pod("1", 4), pod("2", 3));
    assertThat(gang.size()).isNull();
    assertThat(gang.problem("1")).contains("[3, 4]").isEqualTo(gang.problem("2"));
    assertThat(put(pod("1", 3)).problem("1")).isEmpty();
  }

  @Test
  void ofTooManyPodsTheYoungestAreRefused() {
    Gang gang = put(pod("young", 2).createdMillis(5_000), pod("1", 2), pod("2", 2));
    assertThat(gang.problem("young")).contains("has its 2 pods already");
    assertThat(gang.problem("1")).isEmpty();
    assertThat(gang.members()).extracting(Gang.Member::uid).containsExactly("1", "2");
  }

  @Test
  void aSizeThatStandsElsewhereIsTakenFromThere() {
    GangKey key = new GangKey(Source.KUBERNETES, "ml", "pg");
    Gang gang = put(PodView.of(new PodView.Ref("ml", "pod-1", "1")).schedulingGroup("pg"));
    assertThat(gang.isComplete()).isFalse();
    gangs.sizeChanged(key, GangSize.none());
    assertThat(gang.isLoose()).isTrue();
    gangs.sizeChanged(key, GangSize.atLeast(2));
    assertThat(gang.isLoose()).isFalse();
    gangs.sizeChanged(key, null);
    assertThat(gang.size()).isNull();
  }

  @Test
  void aGangIsTornWhileAPodWaitsThatWasThereWhenItBegan() {
    assertThat(put(bound("1", 2), pod("2", 2)).isTorn()).isTrue();
    assertThat(put(bound("2", 2)).isTorn()).isFalse();
  }

  @Test
  void aGangThatLostAPodIsNotTorn() {
    assertThat(put(bound("1", 2)).isTorn()).isFalse();
    assertThat(put(pod("2", 2).createdMillis(1_001)).isTorn()).isFalse();
  }

  @Test
  void podsThatWereNotBoundAsAGangAreNotTorn() {
    assertThat(put(pod("1", 2).nodeName("a"), pod("2", 2)).isTorn()).isFalse();
  }

  @Test
  void anElasticGangIsNotTornAboveItsMinimum() {
    PodView.Builder one = bound("1", 3).label("kerf.gpu/gang-minimum", "1");
    PodView.Builder two = pod("2", 3).label("kerf.gpu/gang-minimum", "1");
    assertThat(put(one, two).isTorn()).isFalse();
  }
}
