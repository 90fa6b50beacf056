package gpu.kerf.model.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.model.price.ShareWorth.Asked;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShareWorthTest {

  private static final double EXACT = 1e-6;

  @Test
  void whereNothingIsUsualEveryPartIsWorthItsSize() {
    assertThat(ShareWorth.of(81_152, Map.of()).isProportional()).isTrue();
  }

  @Test
  void roomThatHoldsNoUsualShareIsWorthNothing() {
    ShareWorth worth = ShareWorth.of(40_000, asked(20_000));

    assertThat(worthOf(worth, 19_999)).isZero();
    assertThat(worthOf(worth, 20_000)).isCloseTo(0.5, within(EXACT));
    assertThat(worthOf(worth, 39_999)).isCloseTo(0.5, within(EXACT));
    assertThat(worthOf(worth, 40_000)).isCloseTo(1, within(EXACT));
  }

  @Test
  void roomForMoreThanTheCardHasIsWorthTheCard() {
    ShareWorth worth = ShareWorth.of(40_000, asked(20_000));

    assertThat(worthOf(worth, 1 << 24)).isCloseTo(1, within(EXACT));
    assertThat(worthOf(worth, Integer.MAX_VALUE)).isCloseTo(1, within(EXACT));
    assertThat(worthOf(worth, 0)).isZero();
    assertThat(worthOf(worth, -5)).isZero();
    assertThat(worthOf(worth, Integer.MIN_VALUE)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "40192, 1000",
    "40192, 4096",
    "81152, 8192",
    "81152, 159",
    "81152, 7630",
    "15360, 3",
    "15360, 15360",
    "1000, 10",
    "10, 7"
  })
  void withACommonDivisorTheTableIsAsFineAsTheSizesOrAsTableSpaceAllows(int full, int divisor) {
    TreeMap<Integer, Asked> sizes = new TreeMap<>();
    for (int times : new int[] {1, 2, 3, 5}) {
      if (times * divisor <= full) {
        sizes.putAll(asked(times * divisor));
      }
    }
    ShareWorth worth = ShareWorth.of(full, sizes);

    // 512 steps at most
    assertThat(worth.stepMiB()).isEqualTo(Math.max(divisor, (full + 511) / 512));
    for (int free = 0; free <= full; free++) {
      assertThat(worth.step(free)).isEqualTo(Math.min(worth.steps(), free / worth.stepMiB()));
    }
  }

  @Test
  void withACommonDivisorWorthIsThatOfTheBestFillingToTheMebibyte() {
    // of 10000: 2000 and 5000, asked for equally; five and two fill a card, so 0.2 and 0.5
    TreeMap<Integer, Asked> sizes = new TreeMap<>(asked(2000));
    sizes.putAll(asked(5000));
    ShareWorth worth = ShareWorth.of(10_000, sizes);

    for (int free = 0; free <= 10_000; free++) {
      int thousands = free / 1000;
      // 1000 and 3000 cannot be filled to the last thousand
      double filled = thousands == 1 || thousands == 3 ? (thousands - 1) / 10.0 : thousands / 10.0;
      assertThat(worthOf(worth, free)).as("%d MiB", free).isCloseTo(filled, within(EXACT));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 50, 96, 97, 200, 1000, 10_000})
  void howeverManySizesAreUsualTheTableStaysSmallAndRises(int number) {
    Random random = new Random(number);
    TreeMap<Integer, Asked> sizes = new TreeMap<>();
    while (sizes.size() < number) {
      sizes.putAll(asked(1 + random.nextInt(81_152)));
    }
    ShareWorth worth = ShareWorth.of(81_152, sizes);

    assertThat(worth.steps()).isBetween(1, 512);
    assertThat(worth.worth(0)).isZero();
    for (int step = 1; step <= worth.steps(); step++) {
      assertThat(worth.worth(step)).isBetween(worth.worth(step - 1), 1.0);
      assertThat(worth.fillCpuMilli(step)).isBetween(0.0, 512_000.0);
    }
    assertThat(worth.worth(worth.steps())).isGreaterThan(0.5);
  }

  @Test
  void theSmallestCardHasATableToo() {
    ShareWorth worth = ShareWorth.of(1, asked(1));

    assertThat(worthOf(worth, 1)).isCloseTo(1, within(EXACT));
    assertThat(worthOf(worth, 0)).isZero();
  }

  @Test
  void theCpuOfAFillingIsThatOfItsPieces() {
    // two shares of 20000 with 1000 thousandths each fill 40000
    ShareWorth worth = ShareWorth.of(40_000, asked(20_000));

    assertThat(worth.fillCpuMilli(worth.step(40_000))).isCloseTo(2000, within(EXACT));
    assertThat(worth.fillCpuMilli(worth.step(19_999))).isZero();
  }

  private static double worthOf(ShareWorth worth, int freeMiB) {
    return worth.worth(worth.step(freeMiB));
  }

  private static Map<Integer, Asked> asked(int mib) {
    Asked asked = new Asked();
    asked.add(1, 1000);
    return new TreeMap<>(Map.of(mib, asked));
  }
}
