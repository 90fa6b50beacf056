package gpu.kerf.model.cost;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.usage.UsageCell;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The price of an hour of a GPU, divided among rows. */
class CostRowsTest {
  private static final long HOUR = 3_600_000;
  private static final PriceList EUR =
      new PriceList(
          "EUR",
          Map.of("H100-80GB", Price.parse("3.20"), "A100-40GB", Price.parse("1.000001")),
          Price.parse("0.5"));

  private final List<UsageCell> cells = new ArrayList<>();
  private final List<GpuHour> hours = new ArrayList<>();
  private BusyTime busy = BusyTime.NOT_MEASURED;

  private static UsageCell.Key key(String team) {
    return new UsageCell.Key(team, team + "-jobs", "Job/" + team, "H100-80GB", "mps");
  }

  /** Thousandths of the GPU for so many minutes. */
  private void held(String team, long milli, long minutes) {
    cells.add(new UsageCell(0, key(team), "GPU-1", milli * minutes * 60_000, minutes * 60_000));
  }

  private void there(long minutes, GpuHour.Stranded... stranded) {
    hours.add(new GpuHour(0, "GPU-1", "H100-80GB", minutes * 60_000, List.of(stranded)));
  }

  private List<CostRow> rows(long to) {
    List<CostRow> rows = new ArrayList<>();
    CostRows made = new CostRows(EUR, busy);
    for (long hour = 0; hour < to; hour += HOUR) {
      CostRows.Hour records =
          CostRows.Hour.of(
              hour,
              (from, until, each) -> cells.forEach(each),
              (from, until, each) -> hours.forEach(each));
      made.divide(records, rows::add);
    }
    return rows;
  }

  /** Such as "HELD fraud 1.6". */
  private List<String> texts() {
    return rows(HOUR).stream()
        .map(
            row ->
                row.kind()
                    + (row.owner() == null ? "" : " " + row.owner().team())
                    + " "
                    + Price.money(row.micros()))
        .toList();
  }

  @Test
  void everyPartOfTheHourHasItsPartOfThePrice() {
    held("fraud", 500, 60);
    held("research", 250, 30);
    there(60, new GpuHour.Stranded(key("research"), 100 * 60 * 60_000));

    // 3.20 an hour: a half, a quarter for half an hour, a tenth, and the rest of 0.275
    assertThat(texts())
        .containsExactly(
            "HELD fraud 1.6", "HELD research 0.4", "STRANDED research 0.32", "FREE 0.88");
  }

  @Test
  void whatCannotBeDividedGoesWhereRoundingDownCostTheMost() {
    held("a", 333, 60);
    held("b", 333, 60);
    held("c", 334, 60);
    there(60);

    // 3.2 * 0.333 = 1.0656, 3.2 * 0.334 = 1.0688: no remainder at six decimals
    assertThat(texts()).containsExactly("HELD a 1.0656", "HELD b 1.0656", "HELD c 1.0688");

    cells.clear();
    cells.add(new UsageCell(0, key("a"), "GPU-1", HOUR * 1000 / 3, 1));
    cells.add(new UsageCell(0, key("b"), "GPU-1", HOUR * 1000 / 3, 1));
    cells.add(new UsageCell(0, key("c"), "GPU-1", HOUR * 1000 / 3, 1));
    assertThat(texts()).containsExactly("HELD a 1.066667", "HELD b 1.066667", "HELD c 1.066666");
  }

  @Test
  void heldTimeInWhichTheGpuComputedNothingIsARowOfItsOwn() {
    held("fraud", 500, 60);
    there(60);
    busy = (gpu, hour) -> 250;

    assertThat(texts()).containsExactly("IDLE fraud 1.2", "HELD fraud 0.4", "FREE 1.6");
  }

  @Test
  void withoutFiguresOfTheGpuOnlyWhatWasHeldIsPriced() {
    held("fraud", 500, 60);

    assertThat(texts()).containsExactly("HELD fraud 1.6");
  }

  @Test
  void aGpuThatCameInTheHourCostsForItsTime() {
    there(15);

    assertThat(texts()).containsExactly("FREE 0.8");
  }

  @Test
  void anHourThatTheClockHadTwiceIsOneRecord() {
    there(15);
    there(30);

    assertThat(texts()).containsExactly("FREE 2.4");
  }

  @Test
  void moreThanTheHourIsNeverPriced() {
    held("a", 1000, 60);
    held("b", 1000, 60);
    there(60, new GpuHour.Stranded(key("a"), HOUR * 1000));

    assertThat(texts()).containsExactly("HELD a 1.6", "HELD b 1.6");
  }

  @Test
  void anotherHourIsAnotherDivision() {
    held("a", 1000, 60);
    cells.add(new UsageCell(HOUR, key("a"), "GPU-1", 500 * HOUR, 0));
    cells.add(new UsageCell(2 * HOUR, key("a"), "GPU-1", 500 * HOUR, 0));

    assertThat(rows(2 * HOUR)).extracting(CostRow::hourStartMillis).containsExactly(0L, HOUR);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void rowsAddUpToWhatWasThereAndToItsPrice(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      cells.clear();
      hours.clear();
      randomHours(random);
      List<CostRow> rows = rows(3 * HOUR);
      checkSums(rows);

      Collections.shuffle(cells, random);
      Collections.shuffle(hours, random);
      assertThat(rows(3 * HOUR)).as("seed " + seed + ", round " + round).isEqualTo(rows);
    }
  }

  private void randomHours(Random random) {
    busy = (gpu, hour) -> gpu.equals("GPU-1") ? 333 : BusyTime.UNKNOWN;
    for (int hour = 0; hour < 3; hour++) {
      for (String gpu : List.of("GPU-1", "GPU-2", "node-a/3")) {
        randomHour(random, hour * HOUR, gpu, modelOf(gpu));
      }
    }
  }

  private static String modelOf(String gpu) {
    return Map.of("GPU-1", "H100-80GB", "GPU-2", "A100-40GB").getOrDefault(gpu, "L4");
  }

  private void randomHour(Random random, long start, String gpu, String model) {
    long left = 1000 * HOUR;
    for (int i = random.nextInt(50) == 0 ? 90 : random.nextInt(7); i > 0; i--) {
      long part = random.nextInt(4) == 0 ? random.nextInt(9) : (long) (random.nextDouble() * left);
      left -= Math.min(left, part);
      String team = "team-" + i;
      UsageCell.Key key = new UsageCell.Key(team, team, "Job/" + i, model, "mig");
      cells.add(new UsageCell(start, key, gpu, part, random.nextInt(1_000_000)));
    }
    if (random.nextInt(4) > 0) {
      List<GpuHour.Stranded> stranded = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        long part = (long) (random.nextDouble() * 400 * HOUR);
        stranded.add(new GpuHour.Stranded(i == 1 ? null : key("team-" + i), part));
      }
      long present = random.nextInt(3) == 0 ? random.nextInt((int) HOUR) : HOUR;
      hours.add(new GpuHour(start, gpu, model, present, stranded));
    }
  }

  private void checkSums(List<CostRow> rows) {
    Map<String, Long> micros = new HashMap<>();
    Map<String, Long> amounts = new HashMap<>();
    Map<String, Long> memory = new HashMap<>();
    for (CostRow row : rows) {
      String place = row.hourStartMillis() + " " + row.gpu();
      assertThat(row.milliGpuMillis()).isNotNegative();
      assertThat(row.micros()).isNotNegative();
      micros.merge(place, row.micros(), Long::sum);
      amounts.merge(place, row.milliGpuMillis(), Long::sum);
      memory.merge(place, row.mebibyteMillis(), Long::sum);
    }
    Map<String, Long> held = new HashMap<>();
    Map<String, Long> heldMemory = new HashMap<>();
    for (UsageCell cell : cells) {
      held.merge(cell.hourStartMillis() + " " + cell.gpu(), cell.milliGpuMillis(), Long::sum);
      heldMemory.merge(cell.hourStartMillis() + " " + cell.gpu(), cell.mebibyteMillis(), Long::sum);
    }
    Map<String, Long> there = new HashMap<>(held);
    hours.forEach(
        hour ->
            there.merge(
                hour.hourStartMillis() + " " + hour.gpu(), hour.presentMillis() * 1000, Math::max));
    there.values().removeIf(amount -> amount == 0);
    assertThat(amounts).isEqualTo(there);
    there.forEach(
        (place, amount) -> {
          Price price = EUR.of(modelOf(place.substring(place.indexOf(' ') + 1)));
          assertThat(micros.get(place)).as(place).isEqualTo(partOf(price, amount));
          assertThat(memory.get(place)).isEqualTo(heldMemory.getOrDefault(place, 0L));
        });
  }

  /** The same with other arithmetic. */
  private static long partOf(Price price, long amount) {
    return new BigDecimal(BigInteger.valueOf(price.micros()).multiply(BigInteger.valueOf(amount)))
        .divide(BigDecimal.valueOf(1000 * HOUR), 0, RoundingMode.HALF_UP)
        .longValueExact();
  }
}
