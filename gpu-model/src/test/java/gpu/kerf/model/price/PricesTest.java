package gpu.kerf.model.price;

import static gpu.kerf.model.Nodes.a30;
import static gpu.kerf.model.Nodes.h100;
import static gpu.kerf.model.Nodes.model;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gpu.kerf.model.RandomDemands;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigLayouts;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is learned from the mix: how scarce things are, how useful layouts, and that it forgets. */
class PricesTest {

  private static final int H100 = 0;
  private static final int T4 = 1;

  /** Every set of models that some demand is limited to may make each of them one GPU dearer. */
  private static final long MOST_SETS = 40;

  private final GpuModels models = new GpuModels();
  private final Mix mix = new Mix();

  PricesTest() {
    models.indexOf(h100());
    models.indexOf(model("T4"));
  }

  // ---- scarcity

  @Test
  void whatNoDemandNamesIsNotScarce() {
    arrive(100, memory(8192));
    PlainPrices t4 = make(supply(10, 10)).plain(T4);

    assertThat(t4.wholeWorth()).isEqualTo(t4.bareWhole());
  }

  @Test
  void whatIsNamedButPlentifulCostsNextToNothingMore() {
    arrive(999, Demand.whole(1));
    arrive(1, Demand.whole(1).onModels(List.of("T4")));
    PlainPrices t4 = make(supply(10, 1000)).plain(T4);

    assertThat(t4.wholeWorth() - t4.bareWhole()).isBetween(0L, t4.bareWhole() / 1_000_000);
  }

  @Test
  void whatAllWantCostsAGpuMore() {
    arrive(100, Demand.whole(1).onModels(List.of("T4")));
    PlainPrices t4 = make(supply(10, 10)).plain(T4);

    assertThat(t4.wholeWorth()).isEqualTo(2 * t4.bareWhole());
  }

  @Test
  void whatIsWantedManyTimesOverCostsNoMoreThanAGpuMoreEither() {
    arrive(100, Demand.whole(1).onModels(List.of("T4")));
    Prices prices = make(supply(1000, 0));

    assertThat(prices.plain(T4).wholeWorth()).isEqualTo(2 * prices.plain(T4).bareWhole());
    assertThat(prices.plain(H100).wholeWorth()).isEqualTo(prices.plain(H100).bareWhole());
  }

  @Test
  void cardsThatAreTheOnlyOnesLargeEnoughAreScarceAsIfTheyWereNamed() {
    // 60000 MiB fit on an H100 only, whose memory all of them together want
    arrive(100, memory(60_000));
    Prices prices = make(supply(10, 0));

    assertThat(prices.plain(H100).wholeWorth()).isEqualTo(2 * prices.plain(H100).bareWhole());
    assertThat(prices.plain(T4).wholeWorth()).isEqualTo(prices.plain(T4).bareWhole());
  }

  @Test
  void theMoreOfItIsWantedTheDearerItIs() {
    long before = 0;
    for (int named = 0; named <= 10; named++) {
      arrive(5, Demand.whole(1).onModels(List.of("T4")));
      arrive(10, Demand.whole(1));
      long worth = make(supply(10, 40)).plain(T4).wholeWorth();
      assertThat(worth).isGreaterThanOrEqualTo(before);
      before = worth;
    }
  }

  @Test
  void setsOfUntouchedGpusAreWorthSomethingOnlyWhereDemandsAskForSets() {
    arrive(100, memory(8192));
    assertThat(make(supply(10, 10)).holes(H100, 8)).isZero();

    arrive(100, Demand.whole(8));
    Prices prices = make(supply(10, 10));
    assertThat(prices.holes(H100, 7)).isZero();
    assertThat(prices.holes(H100, 8)).isPositive();
    assertThat(prices.holes(H100, 15)).isEqualTo(prices.holes(H100, 8));
    assertThat(prices.holes(H100, 64)).isEqualTo(8 * prices.holes(H100, 8));
    assertThat(prices.holes(H100, 1000)).isEqualTo(prices.holes(H100, 64));
  }

  // ---- MIG layouts

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5})
  void anInstanceThatGoesNeverMakesALayoutLessUseful(long seed) {
    for (GpuModel card : List.of(h100(), a30(), model("RTX-PRO-6000-Blackwell"))) {
      models.indexOf(card);
      MigLayouts layouts = models.layouts(models.indexOf(card));
      MigValue value = new MigValue(layouts, card.slices());
      Random random = new Random(seed);
      for (int lesson = 0; lesson < 3; lesson++) {
        value.learn(random.doubles(layouts.plainProfiles().size(), 0, 50).toArray());
        assertThat(mostLost(layouts, value)).as("%s", card).isLessThan(0.02);
      }
    }
  }

  /** The most that a layout is worth more than itself without one of its instances. */
  private static double mostLost(MigLayouts layouts, MigValue value) {
    double most = 0;
    for (int layout = 0; layout < layouts.size(); layout++) {
      for (int kind = 0; kind < layouts.plainProfiles().size(); kind++) {
        for (int start = 0; start < 8; start++) {
          int without = layouts.without(layout, kind, start);
          most = Math.max(most, without < 0 ? 0 : value.of(layout) - value.of(without));
        }
      }
    }
    return most;
  }

  @Test
  void aGpuThatKeepsTheHalfThatIsAskedForIsMoreUseful() {
    MigLayouts layouts = models.layouts(H100);
    MigValue value = new MigValue(layouts, 8);
    double[] asked = new double[layouts.plainProfiles().size()];
    int half = kind(layouts, "3g.40gb");
    asked[half] = 1000;
    value.learn(asked);
    int one = kind(layouts, "1g.10gb");

    // two 1g in one half leave the other to a 3g; one in each half leave none
    int together = layouts.with(layouts.with(0, one, 4), one, 5);
    int apart = layouts.with(layouts.with(0, one, 0), one, 4);
    assertThat(value.of(together)).isGreaterThan(value.of(apart) + 1);
  }

  private static int kind(MigLayouts layouts, String name) {
    for (int kind = 0; kind < layouts.plainProfiles().size(); kind++) {
      if (layouts.plainProfiles().get(kind).name().equals(name)) {
        return kind;
      }
    }
    throw new AssertionError(name);
  }

  // ---- forgetting

  @Test
  void theMixForgetsTheOldAndKeepsProportions() {
    PodDemand often = PodDemand.of(memory(8192));
    PodDemand seldom = PodDemand.of(memory(4096));
    for (int i = 0; i < 3 * Mix.HORIZON; i++) {
      mix.arrived(i % 4 == 0 ? seldom : often);
    }

    double[] counts = counts();
    assertThat(counts).hasSize(2);
    // 1 of 4
    assertThat(counts[0] / mix.total()).isCloseTo(0.25, within(0.001));
    assertThat(mix.total()).isLessThanOrEqualTo(Mix.HORIZON + 1);
  }

  @Test
  void whatComesNoMoreFadesAway() {
    for (int i = 0; i < Mix.HORIZON; i++) {
      mix.arrived(PodDemand.of(memory(8192)));
    }
    for (int i = 0; i < 20 * Mix.HORIZON; i++) {
      mix.arrived(PodDemand.of(memory(4096)));
    }

    assertThat(counts()).hasSize(1);
  }

  @Test
  void aHundredThousandKindsOfPodsTakeNoMoreRoomThanAFewThousand() {
    PodDemand usual = PodDemand.of(memory(8192));
    for (int i = 0; i < 100_000; i++) {
      mix.arrived(PodDemand.of(memory(1 + i)).withCpuMilli(i));
      mix.arrived(usual);
      assertThat(mix.total()).isLessThanOrEqualTo(Mix.HORIZON + 1);
    }

    double[] counts = counts();
    assertThat(counts.length).isLessThanOrEqualTo(4_097);
    // every second pod is the usual one
    double most = 0;
    for (double count : counts) {
      most = Math.max(most, count);
    }
    assertThat(most / mix.total()).isBetween(0.45, 0.85);
  }

  private double[] counts() {
    double[] found = new double[5000];
    int[] number = new int[1];
    mix.forEach((kind, count) -> found[number[0]++] = count);
    return Arrays.copyOf(found, number[0]);
  }

  // ---- degenerate

  @Test
  void aFleetWithoutGpusHasPrices() {
    Prices prices = Prices.neutral(new GpuModels());

    assertThat(prices.models()).isZero();
    assertThat(prices.stranded(1000, 10)).isZero();
    assertThat(new PriceMaker(new GpuModels(), busy()).make(new Supply(0)).models()).isZero();
  }

  @Test
  void podsWithoutGpusTeachNothingAboutGpus() {
    for (int i = 0; i < 100; i++) {
      mix.arrived(new PodDemand(List.of(), 32_000, 1000));
    }
    assertSane(make(supply(10, 10)));
    assertThat(make(supply(10, 10)).stranded(100_000, 0)).isZero();
  }

  @Test
  void aModelThatNoNodeHasTeachesNothing() {
    arrive(100, Demand.whole(4).onModels(List.of("X9000")));
    assertSane(make(supply(10, 10)));
  }

  @Test
  void aDemandThatNoListedModelCanServeLeavesMigLayoutsUseful() {
    arrive(100, Demand.profile("1g.99gb").onModels(List.of("H100-80GB", "T4")));
    Prices prices = make(supply(10, 10));

    assertSane(prices);
    assertThat(prices.mig(H100).potential(0)).isPositive();
  }

  @Test
  void whereNothingIsLeftPricesAreSane() {
    for (int i = 0; i < 100; i++) {
      mix.arrived(RandomDemands.pod(new Random(i)));
    }
    assertSane(make(new Supply(2)));
  }

  @Test
  void everyCardOfTheCatalogueHasSanePricesInABusyMix() {
    GpuModels all = new GpuModels();
    GpuCatalog.builtIn().models().forEach(all::indexOf);
    Supply supply = new Supply(all.size());
    for (int i = 0; i < all.size(); i++) {
      supply.addWorth(i, Prices.gpuWorth(all.get(i)) * i);
      supply.addUntouched(i, i);
    }

    assertSane(all, new PriceMaker(all, busy()).make(supply));
    assertSane(all, Prices.neutral(all));
  }

  private static Mix busy() {
    Mix busy = new Mix();
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      busy.arrived(RandomDemands.pod(random));
    }
    return busy;
  }

  private void assertSane(Prices prices) {
    assertSane(models, prices);
  }

  private static void assertSane(GpuModels models, Prices prices) {
    assertThat(prices.models()).isEqualTo(models.size());
    for (int i = 0; i < models.size(); i++) {
      long gpu = Prices.gpuWorth(models.get(i));
      int full = models.get(i).shareableMiB();
      PlainPrices plain = prices.plain(i);
      assertThat(plain.bareWhole()).isEqualTo(gpu);
      assertThat(plain.wholeWorth()).isBetween(gpu, MOST_SETS * gpu);
      assertThat(plain.worth(0)).isZero();
      assertThat(plain.worth(full / 2)).isBetween(0L, plain.worth(full));
      assertThat(plain.worth(full)).isBetween(0L, MOST_SETS * gpu);
      assertThat(plain.needMilli(full)).isBetween(0L, 1L << 40);
      assertThat(prices.holes(i, 64)).isBetween(0L, 64L * 16 * MOST_SETS * gpu);
      MigPrices mig = prices.mig(i);
      for (int layout = 1; layout < mig.layouts(); layout++) {
        assertThat(mig.potential(layout)).isLessThanOrEqualTo(mig.potential(0) + gpu / 100);
      }
    }
  }

  // ---- vocabulary

  private void arrive(int times, Demand demand) {
    for (int i = 0; i < times; i++) {
      mix.arrived(PodDemand.of(demand));
    }
  }

  private static Demand memory(int mib) {
    return Demand.memory(new MemoryMiB(mib));
  }

  private Prices make(Supply supply) {
    return new PriceMaker(models, mix).make(supply);
  }

  /** So many untouched H100 on one node and T4 on another. */
  private Supply supply(int h100s, int t4s) {
    Supply supply = new Supply(models.size());
    supply.addWorth(H100, h100s * Prices.gpuWorth(models.get(H100)));
    supply.addWorth(T4, t4s * Prices.gpuWorth(models.get(T4)));
    supply.addUntouched(H100, h100s);
    supply.addUntouched(T4, t4s);
    return supply;
  }
}
