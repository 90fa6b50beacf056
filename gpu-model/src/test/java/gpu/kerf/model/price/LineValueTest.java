package gpu.kerf.model.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigLayouts;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LineValueTest {
  private static final GpuModel H100 =
      Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));

  private final MigLayouts layouts = layouts();
  private final LineValue value = new LineValue(layouts, H100.slices());

  private static MigLayouts layouts() {
    GpuModels models = new GpuModels();
    return models.layouts(models.indexOf(H100));
  }

  @Test
  void whatRunsIsWorthItsComputeUntilItLeaves() {
    // Nothing arrives or waits: 3 compute slices, which leave at rate 1, discounted at rate 0.1.
    value.solve(new int[kinds()], 1);

    int layout = with(0, "3g.40gb", 4);
    assertThat(value.of(0)).isZero();
    assertThat(value.of(layout)).isCloseTo(3 / 1.1, within(0.05));
  }

  @Test
  void aFreeGpuIsWorthMoreWhenWorkWaitsForIt() {
    value.arrived(kind("1g.10gb"));
    value.solve(new int[kinds()], 8);
    double none = value.of(0);

    value.solve(waiting("7g.80gb", 32), 8);

    assertThat(value.of(0)).isGreaterThan(none);
  }

  @Test
  void theSameSlicesAreWorthMoreWhereTheWaitingKindFits() {
    value.arrived(kind("3g.40gb"));
    value.solve(waiting("3g.40gb", 16), 8);

    // One 1g.10gb leaves four slices in one piece at either end, or in no piece for a 3g.40gb.
    int low = with(with(0, "1g.10gb", 0), "1g.10gb", 1);
    int split = with(with(0, "1g.10gb", 0), "1g.10gb", 4);
    assertThat(value.of(low)).isGreaterThan(value.of(split) + 1);
  }

  @Test
  void valuesAreMadeAnewOnlyWhenTheLineChangesMuch() {
    assertThat(value.solve(waiting("3g.40gb", 16), 8)).isTrue();
    assertThat(value.solve(waiting("3g.40gb", 17), 8)).isFalse();
    assertThat(value.solve(waiting("3g.40gb", 40), 8)).isTrue();
    assertThat(value.solve(waiting("2g.20gb", 40), 8)).isTrue();
    value.arrived(kind("2g.20gb"));
    assertThat(value.solve(waiting("2g.20gb", 40), 8)).isTrue();
  }

  private int kinds() {
    return layouts.plainProfiles().size();
  }

  private int kind(String profile) {
    return layouts.kindOf(Objects.requireNonNull(H100.profile(profile)));
  }

  private int with(int layout, String profile, int start) {
    return layouts.with(layout, kind(profile), start);
  }

  private int[] waiting(String profile, int number) {
    int[] counts = new int[kinds()];
    counts[kind(profile)] = number;
    return counts;
  }
}
