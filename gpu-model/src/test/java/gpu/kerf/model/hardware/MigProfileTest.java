package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigProfileTest {

  private static MigProfile built(MigProfile.Builder profile, int placementUnit) {
    return GpuModel.named("X")
        .memoryMiB(100_000)
        .mig(4, 4, placementUnit)
        .profile(profile)
        .build()
        .profiles()
        .get(0);
  }

  private static MigProfile half(int placementUnit) {
    return built(MigProfile.named("2g.48gb").placed(2, 0, 2).memoryMiB(48_512), placementUnit);
  }

  @ParameterizedTest
  @CsvSource({
    "1g.5gb, 1, true, false",
    "1g.5gb+me, 1, false, false",
    "4g.96gb+gfx, 4, false, true",
    "2g.48gb+me.all, 2, false, false",
    "2g.48gb-me, 2, false, false"
  })
  void theNameTellsComputeAndVariant(String name, int compute, boolean plain, boolean graphics) {
    MigProfile profile = built(MigProfile.named(name), 1);
    assertThat(profile.computeSlices()).isEqualTo(compute);
    assertThat(profile.plain()).isEqualTo(plain);
    assertThat(profile.graphics()).isEqualTo(graphics);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1g",
        "1g.",
        "1g.gb",
        "0g.5gb",
        "10g.5gb",
        "1g.05gb",
        "1g.5GB",
        "1c.3g.20gb",
        "1g.5gb.me",
        "1g.5gb+me+gfx",
        "1g.5gb+gfx.all",
        " 1g.5gb",
        "1g.5gb\n",
        "1g.12345gb"
      })
  void whatIsNoProfileNameIsRefused(String name) {
    assertThatThrownBy(() -> MigProfile.named(name))
        .hasMessageContaining(name)
        .hasMessageContaining("1g.10gb");
  }

  @Test
  void aMaskCoversTheSizeFromTheStart() {
    assertThat(half(1).maskAt(0)).isEqualTo(0b0011);
    assertThat(half(1).maskAt(2)).isEqualTo(0b1100);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 3, 4, 8, 32, 34, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void aStartThatIsNoneIsRefused(int start) {
    assertThat(half(1).startsAt(start)).isFalse();
    assertThatThrownBy(() -> half(1).maskAt(start))
        .hasMessageContaining(String.valueOf(start))
        .hasMessageContaining("0, 2");
  }

  @Test
  void theDriverCountsInItsOwnUnits() {
    assertThat(half(3).driverStart(2)).isEqualTo(6);
    assertThat(half(3).startOfDriver(6)).isEqualTo(2);
    assertThat(half(1).startOfDriver(2)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {-6, -1, 1, 2, 3, 5, 7, 12})
  void aStartThatTheDriverCannotMeanIsRefused(int start) {
    assertThatThrownBy(() -> half(3).startOfDriver(start))
        .hasMessageContaining(String.valueOf(start))
        .hasMessageContaining("0, 6");
  }

  @Test
  void withoutPublishedStartsThereIsNothingToPlace() {
    MigProfile profile = built(MigProfile.named("1g.12gb").maxInstances(3), 1);
    assertThat(profile.placeable()).isFalse();
    assertThat(profile.promisesMemory()).isFalse();
    assertThat(profile.maxInstances()).isEqualTo(3);
    assertThatThrownBy(() -> profile.maskAt(0)).hasMessageContaining("not published");
  }

  @Test
  void sizesAndStartsThatCannotBeAreRefused() {
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").placed(0, 0)).hasMessageContaining("(0)");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").placed(9, 0)).hasMessageContaining("(9)");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").placed(1))
        .hasMessageContaining("no starts");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").placed(1, -1)).hasMessageContaining("(-1)");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").placed(2, 7)).hasMessageContaining("(7)");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").placed(1, 3, 3))
        .hasMessageContaining("(3)");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").multiprocessors(-14))
        .hasMessageContaining("-14");
    assertThatThrownBy(() -> MigProfile.named("1g.5gb").maxInstances(0))
        .hasMessageContaining("(0)");
  }

  @Test
  void aMaximumThatItsStartsDoNotAllowIsRefused() {
    // starts 0 and 1 of size 2 overlap: one fits
    assertThatThrownBy(
            () -> built(MigProfile.named("1g.5gb").placed(2, 0, 1).memoryMiB(1).maxInstances(2), 1))
        .hasMessageContaining("(2)")
        .hasMessageContaining("(1)");
    assertThat(built(MigProfile.named("1g.5gb").placed(2, 0, 1, 2).memoryMiB(1), 1).maxInstances())
        .isEqualTo(2);
    assertThat(
            built(MigProfile.named("1g.5gb+me").placed(1, 0, 1, 2).memoryMiB(1), 1).maxInstances())
        .isOne();
  }
}
