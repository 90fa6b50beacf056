package gpu.kerf.model.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GpuModelTest {

  private static GpuModel.Builder card() {
    return GpuModel.named("X").memoryMiB(24_576).multiprocessors(56).mig(4, 4, 3);
  }

  private static MigProfile.Builder half() {
    return MigProfile.named("2g.12gb").placed(2, 0, 2).memoryMiB(11_968).multiprocessors(28);
  }

  @Test
  void anUnknownCardIsAPlainGpuWithAllItsMemory() {
    GpuModel model = GpuModel.plain("Strange-5", 12_345);
    assertThat(model.memoryMiB()).isEqualTo(12_345);
    assertThat(model.shareableMiB()).isEqualTo(12_345);
    assertThat(model.migCapable()).isFalse();
    assertThat(model.slices()).isZero();
    assertThat(model.profiles()).isEmpty();
    assertThat(model.wholeProfile()).isNull();
    assertThat(model.geometry().completions(0)).isEqualTo(1);
    // the generation is unknown, so the limit is that of the oldest
    assertThat(model.mpsClientLimit()).isEqualTo(16);
  }

  @Test
  void profilesComeInOneOrderFromAnyOrder() {
    GpuModel model =
        card()
            .profile(MigProfile.named("4g.24gb").placed(4, 0).memoryMiB(24_000))
            .profile(half())
            .profile(MigProfile.named("1g.12gb").placed(2, 0, 2).memoryMiB(11_968))
            .profile(MigProfile.named("2g.12gb+me").placed(2, 0, 2).memoryMiB(11_968))
            .build();
    assertThat(model.profiles())
        .extracting(MigProfile::name)
        .containsExactly("1g.12gb", "2g.12gb", "2g.12gb+me", "4g.24gb");
    assertThat(model.profiles()).extracting(MigProfile::index).containsExactly(0, 1, 2, 3);
    assertThat(Objects.requireNonNull(model.wholeProfile()).name()).isEqualTo("4g.24gb");
    assertThat(model.shareableMiB()).isEqualTo(24_000);
  }

  @Test
  void anEstimateOfTheWholeGpuDoesNotLimitShares() {
    GpuModel model =
        card().profile(MigProfile.named("4g.24gb").placed(4, 0).estimatedMemoryMiB(24_000)).build();
    assertThat(model.shareableMiB()).isEqualTo(24_576);
  }

  @Test
  void anEstimateMayExceedTheTotalForItPromisesNothing() {
    GpuModel model =
        card().profile(MigProfile.named("4g.24gb").placed(4, 0).estimatedMemoryMiB(30_000)).build();
    assertThat(model.profiles().get(0).promisesMemory()).isFalse();
  }

  @Test
  void modelsWithEqualFactsAreEqual() {
    GpuModel one = card().profile(half()).build();
    assertThat(one)
        .isEqualTo(card().profile(half()).build())
        .hasSameHashCodeAs(card().profile(half()).build());
    assertThat(one).isNotEqualTo(card().profile(half().alias("2g.13gb")).build());
    assertThat(one).isNotEqualTo(card().profile(half()).alias("Y").build());
    assertThat(one).isNotEqualTo(card().profile(half()).memoryMiB(24_577).build());
    assertThat(one).isNotEqualTo(GpuModel.plain("X", 24_576));
  }

  @Test
  void aStartBeyondTheGpuIsRefused() {
    assertThatThrownBy(
            () -> card().profile(MigProfile.named("2g.12gb").placed(2, 0, 3).memoryMiB(1)).build())
        .hasMessageContaining("2g.12gb")
        .hasMessageContaining("4 slices");
  }

  @Test
  void aProfileLargerThanTheGpuIsRefused() {
    assertThatThrownBy(
            () ->
                card().profile(MigProfile.named("2g.12gb").placed(2, 0).memoryMiB(24_577)).build())
        .hasMessageContaining("24577")
        .hasMessageContaining("24576");
    assertThatThrownBy(() -> card().profile(half().multiprocessors(57)).build())
        .hasMessageContaining("57");
    assertThatThrownBy(
            () -> card().profile(MigProfile.named("5g.12gb").placed(4, 0).memoryMiB(1)).build())
        .hasMessageContaining("(5)");
  }

  @Test
  void aCardWithoutMemoryOrWithHalfOfMigIsRefused() {
    assertThatThrownBy(() -> GpuModel.named("X").build()).hasMessageContaining("memory of X");
    assertThatThrownBy(() -> card().build())
        .hasMessageContaining("0 MIG profiles and 4 memory slices");
    assertThatThrownBy(() -> GpuModel.named("X").memoryMiB(20_000).profile(half()).build())
        .hasMessageContaining("1 MIG profiles and 0 memory slices");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, (1 << 24) + 1})
  void memoryThatNoCardHasIsRefused(int memoryMiB) {
    assertThatThrownBy(() -> GpuModel.plain("X", memoryMiB))
        .hasMessageContaining(String.valueOf(memoryMiB))
        .hasMessageContaining("X");
    assertThatThrownBy(() -> half().memoryMiB(memoryMiB))
        .hasMessageContaining(String.valueOf(memoryMiB));
    assertThatThrownBy(() -> half().estimatedMemoryMiB(memoryMiB))
        .hasMessageContaining(String.valueOf(memoryMiB));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", " X", "X\t"})
  void aBlankNameIsRefused(String name) {
    assertThatThrownBy(() -> GpuModel.plain(name, 1)).hasMessageContaining("name");
    assertThatThrownBy(() -> card().alias(name)).hasMessageContaining("alias");
    assertThatThrownBy(() -> half().alias(name)).hasMessageContaining("alias");
  }

  @Test
  void moreProfilesThanAStateCanNameAreRefused() {
    GpuModel.Builder model = GpuModel.named("X").memoryMiB(80_000).mig(8, 8, 1);
    for (int gb = 1; gb <= 16; gb++) {
      model.profile(MigProfile.named("1g.%dgb".formatted(gb)).placed(1, 0).memoryMiB(1));
    }
    assertThatThrownBy(model::build).hasMessageContaining("(16)");
  }
}
