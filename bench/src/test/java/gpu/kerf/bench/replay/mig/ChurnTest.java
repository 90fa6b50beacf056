package gpu.kerf.bench.replay.mig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.bench.replay.Playing;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.model.fleet.Fleet;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ChurnTest {

  @Test
  void theStreamIsWhatIsWritten() {
    // Only 7g.80gb: one request asks for a whole GPU, so T0 = 2 on two GPUs and there are 10.
    Churn churn = new Churn(2, ProfileMix.of("only 7g", 0, 0, 0, 0, 0, 1), 5);

    Random random = new Random(5);
    for (int i = 0; i < 10; i++) {
      random.nextDouble();
    }
    int[] ends = new int[10];
    long used = 0;
    int accepted = 0;
    int running = 0;
    for (int now = 0; now < 10; now++) {
      int stay = 1 + random.nextInt(4);
      for (int earlier = 0; earlier < now; earlier++) {
        running -= ends[earlier] == now ? 1 : 0;
      }
      if (running < 2) {
        running++;
        ends[now] = now + stay;
        accepted += now >= 4 ? 1 : 0;
      }
      used += now >= 4 ? 8L * running : 0;
    }

    assertThat(churn.length()).isEqualTo(10);
    assertThat(play(churn, 2, PolicyName.FIRSTFIT, 0))
        .isEqualTo(new Churn.Outcome(used, 6, accepted));
    assertThat(churn.playWithFreeRepacking()).isEqualTo(new Churn.Outcome(used, 6, accepted));
  }

  @Test
  void outcomesArePercents() {
    // 6 slots of 2 GPUs are 96 slices; of 6 requests 3 were taken.
    Churn.Outcome outcome = new Churn.Outcome(72, 6, 3);

    assertThat(outcome.memoryUtilPercent(2)).isEqualTo(75);
    assertThat(outcome.acceptancePercent()).isEqualTo(50);
  }

  /** 100 GPUs, 50 runs from seed 1000; all but BF-HAMi by an independent simulator. */
  @ParameterizedTest
  @CsvSource({
    "uniform, 86.94, 90.33, 90.87, 91.89, 95.55",
    "skew-small, 88.67, 91.11, 90.01, 89.29, 96.07",
    "skew-big, 85.93, 88.99, 91.39, 91.70, 94.95",
    "bimodal, 85.25, 89.79, 89.60, 90.71, 94.75",
    "migbench6, 87.62, 89.63, 88.87, 89.41, 95.24",
    "migbench4, 87.93, 89.98, 87.94, 87.67, 95.58",
  })
  void baselinesUseWhatIsKnown(
      String word, double firstFit, double hami, double mfi, double fgd, double oracle) {
    ProfileMix mix = ProfileMix.ALL.get(ProfileMix.words().indexOf(word));

    assertThat(mean(mix, PolicyName.FIRSTFIT)).isCloseTo(firstFit, within(0.006));
    assertThat(mean(mix, PolicyName.BF_HAMI)).isCloseTo(hami, within(0.006));
    assertThat(mean(mix, PolicyName.MFI)).isCloseTo(mfi, within(0.006));
    assertThat(mean(mix, PolicyName.FGD)).isCloseTo(fgd, within(0.006));
    assertThat(mean(churn -> churn.playWithFreeRepacking().memoryUtilPercent(100), mix))
        .isCloseTo(oracle, within(0.006));
  }

  @ParameterizedTest
  @EnumSource(PolicyName.class)
  void theSameSeedGivesTheSameOutcome(PolicyName policy) {
    ProfileMix mix = ProfileMix.ALL.get(0);

    Churn.Outcome one = play(new Churn(16, mix, 3), 16, policy, 3);
    assertThat(play(new Churn(16, mix, 3), 16, policy, 3)).isEqualTo(one);
    assertThat(play(new Churn(16, mix, 4), 16, policy, 4)).isNotEqualTo(one);
  }

  @Test
  void randomDependsOnItsSeed() {
    Churn churn = new Churn(16, ProfileMix.ALL.get(0), 3);

    assertThat(play(churn, 16, PolicyName.RANDOM, 1))
        .isNotEqualTo(play(churn, 16, PolicyName.RANDOM, 2));
  }

  @Test
  void mixesDrawByTheirWeights() {
    ProfileMix mix = ProfileMix.of("a half, a quarter, a quarter", 2, 0, 1, 0, 1, 0);

    assertThat(mix.profileAt(0)).isEqualTo(0);
    assertThat(mix.profileAt(0.499)).isEqualTo(0);
    assertThat(mix.profileAt(0.5)).isEqualTo(2);
    assertThat(mix.profileAt(0.75)).isEqualTo(4);
    assertThat(mix.profileAt(Math.nextDown(1.0))).isEqualTo(4);
  }

  private static double mean(ProfileMix mix, PolicyName policy) {
    return mean(churn -> play(churn, 100, policy, 0, mix).memoryUtilPercent(100), mix);
  }

  private static double mean(ToDoubleFunction<Churn> outcome, ProfileMix mix) {
    double sum = 0;
    for (int run = 0; run < 50; run++) {
      sum += outcome.applyAsDouble(new Churn(100, mix, 1000 + run));
    }
    return sum / 50;
  }

  private static Churn.Outcome play(Churn churn, int gpus, PolicyName policy, long seed) {
    return play(churn, gpus, policy, seed, ProfileMix.ALL.get(0));
  }

  private static Churn.Outcome play(
      Churn churn, int gpus, PolicyName policy, long seed, ProfileMix mix) {
    Fleet fleet = Card.fleet(gpus);
    return churn.play(new Playing(fleet, MigPolicies.make(policy, fleet, mix, seed)));
  }
}
