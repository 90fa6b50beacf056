package gpu.kerf.extender.preemption;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What stands on a pod names nothing of another namespace. */
class EvictionTextTest {
  private static final PodView.Ref TAKER = new PodView.Ref("fraud", "score", "1");
  private static final PodView.Ref STRANGER = new PodView.Ref("research", "train", "2");
  private static final PodView.Ref NEIGHBOUR = new PodView.Ref("fraud", "batch", "3");

  @Test
  void aVictimOfAnotherNamespaceIsNotToldForWhichPodItWent() {
    assertThat(EvictionText.ofVictim(STRANGER, TAKER))
        .isEqualTo("Evicted to make room for a pod of higher priority.");
    assertThat(EvictionText.ofVictim(NEIGHBOUR, TAKER))
        .isEqualTo("Evicted to make room for fraud/score of higher priority.");
    assertThat(EvictionText.ofMate(STRANGER, TAKER)).contains("room for a pod of higher priority");
  }

  @Test
  void thePodThatWaitsIsNotToldWhichPodOfAnotherNamespaceStays() {
    String why = "the budget research/keep needs 2 pods";
    assertThat(EvictionText.refused(TAKER, STRANGER, why))
        .doesNotContain("research")
        .startsWith("Cannot evict a pod of another namespace: ");
    assertThat(EvictionText.refused(TAKER, NEIGHBOUR, "why"))
        .isEqualTo("Cannot evict fraud/batch: why");
    assertThat(EvictionText.forbidden(TAKER, "a", List.of("fraud/own", "research/keep")))
        .endsWith("forbid to evict them: fraud/own and some of other namespaces.");
    assertThat(EvictionText.forbidden(TAKER, "a", List.of("research/keep")))
        .endsWith("forbid to evict them: some of other namespaces.");
    assertThat(EvictionText.forbidden(TAKER, "a", List.of("fraud/own")))
        .endsWith("forbid to evict them: fraud/own.");
  }
}
