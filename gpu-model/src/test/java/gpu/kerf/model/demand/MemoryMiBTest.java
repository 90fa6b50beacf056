package gpu.kerf.model.demand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryMiBTest {

  @ParameterizedTest
  @CsvSource({
    "8Gi, 8192",
    // 8 x 10^9 / 2^20 = 7629.4
    "8G, 7630",
    "8Mi, 8",
    // 10^6 / 2^20 = 0.95
    "1M, 1",
    "1Ki, 1",
    "1, 1",
    "1k, 1",
    // 1000 bytes
    "1e3, 1",
    "1E3, 1",
    // 10^9 / 2^20 = 953.7
    "1e9, 954",
    "1e+9, 954",
    "1e-9, 1",
    // 8589934592 = 2^33
    "8589934592, 8192",
    "8589934593, 8193",
    "8589934592000m, 8192",
    "0.5Gi, 512",
    ".5Gi, 512",
    "5.Gi, 5120",
    "+8Gi, 8192",
    "1.5Gi, 1536",
    "0.1Mi, 1",
    "00008Gi, 8192",
    "64Ti, 67108864",
    // 10^13 / 2^20 = 9536743.2
    "10T, 9536744",
  })
  void aQuantityIsReadAsKubernetesReadsItAndRoundedUpToMebibytes(String quantity, int mib) {
    assertThat(MemoryMiB.parse(quantity).value()).isEqualTo(mib);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        " 8Gi",
        "8Gi ",
        "8 Gi",
        "8gi",
        "8GI",
        "8GB",
        "8GiB",
        "8g",
        "8K",
        "NaN",
        "Infinity",
        "-Infinity",
        "null",
        "eight",
        ".",
        "+",
        "-",
        "e3",
        "Gi",
        "1e",
        "1e3Gi",
        "1e1000",
        "1e+",
        "0x10",
        "1_000",
        "1,5Gi",
        "1..5Gi",
        "--8Gi",
        "+-8Gi",
        "8Gi8",
        "٨Gi",
        "８Gi",
        "8Gi\n",
        "\u00008Gi",
        "1u",
        "1n"
      })
  void whatIsNoQuantityIsRefusedWithTheRightWayToWriteIt(String written) {
    assertThatThrownBy(() -> MemoryMiB.parse(written))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(" + written + ") is not a quantity")
        .hasMessageContaining("Maybe write it as 8Gi");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "0Gi",
        "-1",
        "-8Gi",
        "-0",
        "0.0",
        "-1e-9",
        "9E",
        "9Ei",
        "1Pi",
        "65Ti",
        "1e999",
        "1e18",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999999999999999"
      })
  void anAmountThatNoGpuHasIsRefusedWithItsValue(String written) {
    assertThatThrownBy(() -> MemoryMiB.parse(written))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("The GPU memory (" + written + ")")
        .hasMessageContaining("Maybe write it as 8Gi");
  }

  @Test
  void anEndlessRowOfDigitsIsCutShortInTheMessage() {
    String digits = "9".repeat(1_000_000);

    assertThatThrownBy(() -> MemoryMiB.parse(digits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("9…) is not a quantity")
        .extracting(Throwable::getMessage)
        .satisfies(message -> assertThat(message).hasSizeLessThan(200));
  }

  @Test
  void bytesAreRoundedUp() {
    assertThat(MemoryMiB.ofBytes(1).value()).isEqualTo(1);
    assertThat(MemoryMiB.ofBytes(1 << 20).value()).isEqualTo(1);
    assertThat(MemoryMiB.ofBytes((1 << 20) + 1).value()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
  void bytesThatNoGpuHasAreRefused(long bytes) {
    assertThatThrownBy(() -> MemoryMiB.ofBytes(bytes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(" + bytes + " bytes)");
  }

  @ParameterizedTest
  @CsvSource({
    "1000, 1, 1000",
    "1000, 3, 334",
    "1, 64, 1",
    "67108864, 2147483647, 1",
    "2000, 2147483647, 1"
  })
  void partsAreRoundedUp(int mib, int parts, int each) {
    assertThat(new MemoryMiB(mib).dividedBy(parts).value()).isEqualTo(each);
  }
}
