package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.demo.Work.Kind;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a gang counts as torn: the demo's own check, which does not ask Kerf. */
class LifeTest {

  private final Life life = new Life(new TeamWork(work(), 2, true), 0, 60_000, 0, 1_000);

  @Test
  void aGangIsTornWhileOnlyAPartOfItRuns() {
    assertThat(life.isTorn()).isFalse();
    assertThat(life.bound(10)).isFalse();
    assertThat(life.isTorn()).isTrue();
    assertThat(life.bound(10)).isTrue();
    assertThat(life.isTorn()).isFalse();
    assertThat(life.heldMilli()).isEqualTo(2_000);
  }

  @Test
  void aGangIsTornIfOnlyAPartOfItIsEvicted() {
    life.bound(10_000);
    life.bound(10_000);

    assertThat(life.evicted(30_000)).isTrue();
    assertThat(life.isTorn()).isTrue();
    assertThat(life.evicted(30_000)).isFalse();
    assertThat(life.isTorn()).isFalse();
    // It ran for 20 of its 60 seconds.
    assertThat(life.rest()).isEqualTo(40_000);
  }

  @Test
  void itIsOverWhenTheLastPodIsGone() {
    life.bound(10);
    life.bound(10);

    assertThat(life.gone()).isFalse();
    assertThat(life.heldMilli()).isEqualTo(1_000);
    assertThat(life.gone()).isTrue();
    assertThat(life.heldMilli()).isZero();
  }

  private static Work work() {
    return new Work(1, Kind.TRAINING, "research", 0, 1, WallChoice.ANY, 0, List.of(), 0, 0, 0, 1);
  }
}
