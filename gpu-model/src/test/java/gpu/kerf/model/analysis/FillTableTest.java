package gpu.kerf.model.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** How much of a free piece the usual sizes fill. */
class FillTableTest {

  private static final long SEED = 20261121;

  @Test
  void theBestFillingMayNotBeginWithTheLargestSize() {
    // 10 free: 7 leaves 3; 5 + 5 leaves nothing
    assertThat(new FillTable(new int[] {7, 5}).filled(10)).isEqualTo(10);
    // 9 free: 7 or 5, nothing beside
    assertThat(new FillTable(new int[] {7, 5}).filled(9)).isEqualTo(7);
  }

  @Test
  void withoutSizesAndBelowTheSmallestNothingIsFilled() {
    assertThat(new FillTable(new int[] {}).filled(100)).isZero();
    assertThat(new FillTable(new int[] {7}).filled(6)).isZero();
    assertThat(new FillTable(new int[] {7}).filled(0)).isZero();
  }

  @Test
  void itIsWhatTryingEverythingFinds() {
    for (int i = 0; i < 500; i++) {
      Random random = new Random(SEED + i);
      int[] sizes = random.ints(1 + random.nextInt(4), 4, 30).toArray();
      FillTable table = new FillTable(sizes);
      for (int tries = 0; tries < 10; tries++) {
        int free = random.nextInt(80);
        assertThat(table.filled(free))
            .as("seed %d, free %d", SEED + i, free)
            .isEqualTo(naive(sizes, 0, free));
      }
    }
  }

  /** Sizes from an index on, each as often as one likes. */
  private static int naive(int[] sizes, int from, int free) {
    int most = 0;
    for (int i = from; i < sizes.length; i++) {
      most = sizes[i] <= free ? Math.max(most, sizes[i] + naive(sizes, i, free - sizes[i])) : most;
    }
    return most;
  }

  @Test
  void amountsNoCardHasAreFilledWithTheSmallestFirst() {
    // 2^30 = 1 x 2^30, of which 3 x k leaves 1: 2^30 mod 3 = 1, and 3 a + 5 b fills it all
    assertThat(new FillTable(new int[] {3}).filled(1 << 30)).isEqualTo((1 << 30) - 1);
    assertThat(new FillTable(new int[] {3, 5}).filled(1 << 30)).isEqualTo(1 << 30);
    assertThat(new FillTable(new int[] {5}).filled(Integer.MAX_VALUE))
        .isEqualTo(Integer.MAX_VALUE / 5 * 5);
    // one size larger than the table
    assertThat(new FillTable(new int[] {1 << 21}).filled((1 << 22) - 1)).isEqualTo(1 << 21);
  }
}
