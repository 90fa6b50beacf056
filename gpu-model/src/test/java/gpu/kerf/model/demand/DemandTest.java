package gpu.kerf.model.demand;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.Nodes;
import gpu.kerf.model.hardware.GpuModel;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemandTest {

  private static final GpuModel H100 = Nodes.h100();

  @Test
  void aDemandThatNamesNoModelAcceptsEveryModel() {
    assertThat(Demand.whole(1).accepts(H100)).isTrue();
  }

  @Test
  void aDemandThatNamesModelsAcceptsOnlyThese() {
    assertThat(Demand.whole(1).onModels(List.of("T4", "H100-80GB")).accepts(H100)).isTrue();
    assertThat(Demand.whole(1).onModels(List.of("T4")).accepts(H100)).isFalse();
  }

  @Test
  void anAmountOfMemoryIsTheSameOnEveryGpu() {
    Demand demand = Demand.memory(new MemoryMiB(5_000));

    assertThat(demand.memoryMiB(15_000)).isEqualTo(5_000);
    assertThat(demand.memoryMiB(80_000)).isEqualTo(5_000);
  }

  /** 333/1000 of 15000 is 4995; 1/1000 of 900 would be less than one MiB. */
  @Test
  void aFractionIsOfWhatTheGpuShares() {
    assertThat(Demand.fraction(new Milli(333)).memoryMiB(15_000)).isEqualTo(4_995);
    assertThat(Demand.fraction(new Milli(1)).memoryMiB(900)).isEqualTo(1);
  }

  @Test
  void wholeGpusAndProfilesNameNoAmount() {
    assertThat(Demand.whole(2).memoryMiB(80_000)).isZero();
    assertThat(Demand.profile("1g.10gb").memoryMiB(80_000)).isZero();
  }
}
