package gpu.kerf.extender.audit;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MigSizesTest {

  @Test
  void everyProfileOfTheCatalogueIsAsLongAsItsNameSays() {
    int compared = 0;
    for (GpuModel model : GpuCatalog.builtIn().models()) {
      for (MigProfile profile : model.profiles()) {
        if (profile.placeable()) {
          List<String> names = new ArrayList<>(profile.aliases());
          names.add(profile.name());
          for (String name : names) {
            // The driver counts a profile's length in the units of its starts.
            assertThat(MigSizes.size(model.name(), model.memoryMiB(), name))
                .as(name + " of " + model.name())
                .isEqualTo(profile.driverStart(profile.size()));
            compared++;
          }
        }
      }
    }
    assertThat(compared).isGreaterThan(100);
  }

  @Test
  void namesOfDriversAreKnownAsWell() {
    assertThat(MigSizes.units("NVIDIA A30")).isEqualTo(4);
    assertThat(MigSizes.units("NVIDIA A300")).isEqualTo(8);
    assertThat(MigSizes.units("NVIDIA RTX PRO 6000 Blackwell Server Edition")).isEqualTo(12);
    assertThat(MigSizes.units("NVIDIA H100 80GB HBM3")).isEqualTo(8);
  }

  @Test
  void whatDoesNotTellIsZero() {
    assertThat(MigSizes.size("H100-80GB", 0, "1g.10gb")).isZero();
    assertThat(MigSizes.size("H100-80GB", 81_559, "half")).isZero();
  }
}
