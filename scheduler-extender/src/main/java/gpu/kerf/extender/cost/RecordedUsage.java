package gpu.kerf.extender.cost;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.model.cost.BusyTime;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.cost.GpuHourSource;
import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import gpu.kerf.model.usage.UsageSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Records of usage that were read from lines, one JSON object each, as {@code GET /api/v1/usage}
 * writes them.
 *
 * <p>Records of the same hour, GPU and owner do not add up: the largest counts. So the lines may
 * come from several calls at different times, in any order, and no hour is charged twice.
 */
public final class RecordedUsage implements UsageSource, GpuHourSource, BusyTime {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final int SHOWN = 100;

  private final Map<Long, Map<Place, UsageCell>> cells = new HashMap<>();
  private final Map<Long, Map<String, GpuHour>> gpus = new HashMap<>();
  private final Map<Long, Map<String, Integer>> busy = new HashMap<>();
  private final Map<Object, Object> known = new HashMap<>();
  private @Nullable PriceList prices;
  private long completeSince = ReportRun.UNKNOWN;

  private record Place(UsageCell.Key key, String gpu) {}

  /** A line that makes no sense. */
  private static final class Nonsense extends Exception {
    private static final long serialVersionUID = 1;

    Nonsense(String what) {
      super(what);
    }
  }

  /**
   * Adds all lines.
   *
   * @param name what is read, for messages
   * @throws IOException that names the first line that makes no sense, and says why
   */
  public void read(String name, BufferedReader lines) throws IOException {
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        try {
          add(line);
        } catch (Nonsense e) {
          String shown = line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
          throw new IOException(
              name
                  + ", line "
                  + number
                  + ": "
                  + e.getMessage()
                  + "\n  "
                  + shown
                  + "\nThe lines of GET /api/v1/usage are expected: docs/reference/api.md#usage.",
              e);
        }
      }
    }
  }

  private void add(String line) throws Nonsense {
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new Nonsense("It is not JSON: " + e.getOriginalMessage() + ".");
    }
    if (node.has(UsageLines.CURRENCY)) {
      prices = prices(node);
      completeSince(node);
    } else if (node.has(UsageLines.BUSY_PERMILLE)) {
      addBusy(text(node, UsageLines.GPU), hour(node), permille(node));
    } else if (node.has(UsageLines.PRESENT_MILLIS)) {
      addGpu(gpuHour(node));
    } else if (node.has(UsageLines.MILLI_GPU_MILLIS)) {
      addCell(cell(node));
    } else {
      throw new Nonsense(
          "It is no record of usage: it has none of "
              + UsageLines.MILLI_GPU_MILLIS
              + ", "
              + UsageLines.PRESENT_MILLIS
              + ", "
              + UsageLines.BUSY_PERMILLE
              + " and "
              + UsageLines.CURRENCY
              + ".");
    }
  }

  /** Of several, the earliest counts: the records of all of them are here. */
  private void completeSince(JsonNode node) throws Nonsense {
    if (node.has(UsageLines.COMPLETE_SINCE)) {
      String text = node.path(UsageLines.COMPLETE_SINCE).asText();
      try {
        long since = Instant.parse(text).toEpochMilli();
        boolean first = completeSince == ReportRun.UNKNOWN;
        completeSince = first ? since : Math.min(completeSince, since);
      } catch (DateTimeException | ArithmeticException e) {
        throw new Nonsense(UsageLines.COMPLETE_SINCE + " (" + text + ") is no time.");
      }
    }
  }

  private void addCell(UsageCell cell) {
    cells
        .computeIfAbsent(cell.hourStartMillis(), hour -> new HashMap<>())
        .merge(
            new Place(cell.key(), cell.gpu()),
            cell,
            (one, other) ->
                new UsageCell(
                    one.hourStartMillis(),
                    one.key(),
                    one.gpu(),
                    Math.max(one.milliGpuMillis(), other.milliGpuMillis()),
                    Math.max(one.mebibyteMillis(), other.mebibyteMillis())));
  }

  private void addGpu(GpuHour gpu) {
    gpus.computeIfAbsent(gpu.hourStartMillis(), hour -> new HashMap<>())
        .merge(
            gpu.gpu(),
            gpu,
            (one, other) -> one.presentMillis() > other.presentMillis() ? one : other);
  }

  /** Says for how many thousandths of an hour a GPU was busy. */
  public void addBusy(String gpu, long hourStartMillis, int permille) {
    busy.computeIfAbsent(hourStartMillis, hour -> new HashMap<>()).put(gpu, permille);
  }

  private UsageCell cell(JsonNode node) throws Nonsense {
    UsageCell.Key key = key(node, text(node, UsageLines.MODEL));
    return new UsageCell(
        hour(node),
        key,
        text(node, UsageLines.GPU),
        amount(node, UsageLines.MILLI_GPU_MILLIS),
        amount(node, UsageLines.MEBIBYTE_MILLIS));
  }

  private UsageCell.Key key(JsonNode node, String model) throws Nonsense {
    return same(
        new UsageCell.Key(
            text(node, UsageLines.TEAM),
            text(node, UsageLines.NAMESPACE),
            text(node, UsageLines.OWNER),
            model,
            text(node, UsageLines.WALL)));
  }

  /** One object for all that are equal: a month has few names and many records. */
  @SuppressWarnings("unchecked")
  private <T> T same(T value) {
    return (T) known.computeIfAbsent(value, first -> first);
  }

  private GpuHour gpuHour(JsonNode node) throws Nonsense {
    String model = text(node, UsageLines.MODEL);
    List<GpuHour.Stranded> stranded = new ArrayList<>();
    for (JsonNode each : node.path(UsageLines.STRANDED)) {
      UsageCell.Key cause = each.has(UsageLines.OWNER) ? key(each, model) : null;
      stranded.add(new GpuHour.Stranded(cause, amount(each, UsageLines.MILLI_GPU_MILLIS)));
    }
    long present = amount(node, UsageLines.PRESENT_MILLIS);
    return new GpuHour(hour(node), text(node, UsageLines.GPU), model, present, stranded);
  }

  private static PriceList prices(JsonNode node) throws Nonsense {
    Map<String, Price> byModel = new TreeMap<>();
    for (Map.Entry<String, JsonNode> price : node.path(UsageLines.PRICES).properties()) {
      byModel.put(price.getKey(), price(price.getValue().asText()));
    }
    String otherwise = node.path(UsageLines.DEFAULT_PRICE).asText("0");
    return new PriceList(node.path(UsageLines.CURRENCY).asText(), byModel, price(otherwise));
  }

  private static Price price(String text) throws Nonsense {
    try {
      return Price.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Nonsense("The price (" + text + ") is no price such as 3.20.");
    }
  }

  private String text(JsonNode node, String name) throws Nonsense {
    JsonNode value = node.path(name);
    if (!value.isTextual()) {
      throw new Nonsense(name + " (" + value + ") is no text.");
    }
    return same(value.asText());
  }

  private static long amount(JsonNode node, String name) throws Nonsense {
    JsonNode value = node.path(name);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
      throw new Nonsense(name + " (" + value + ") is no whole number of at least 0.");
    }
    return value.asLong();
  }

  private static int permille(JsonNode node) throws Nonsense {
    long permille = amount(node, UsageLines.BUSY_PERMILLE);
    if (permille > 1000) {
      throw new Nonsense(UsageLines.BUSY_PERMILLE + " (" + permille + ") is more than 1000.");
    }
    return (int) permille;
  }

  private static long hour(JsonNode node) throws Nonsense {
    String text = node.path(UsageLines.HOUR).asText();
    try {
      long millis = Instant.parse(text).toEpochMilli();
      if (millis % CostRows.HOUR_MILLIS == 0) {
        return millis;
      }
    } catch (DateTimeException | ArithmeticException e) {
      // refused below, as what is no full hour
    }
    throw new Nonsense(
        "The hour (" + text + ") is not the start of an hour such as 2026-11-30T21:00:00Z.");
  }

  /** The prices that the lines name; null if they name none. */
  public @Nullable PriceList prices() {
    return prices;
  }

  /** From when on all usage is known, or {@link ReportRun#UNKNOWN}. */
  public long completeSince() {
    return completeSince;
  }

  /** Whether it is known of any GPU how busy it was. */
  public boolean hasBusyTimes() {
    return !busy.isEmpty();
  }

  @Override
  public void cells(long fromMillis, long toMillis, Consumer<UsageCell> each) {
    for (long hour = first(fromMillis); hour < toMillis; hour += CostRows.HOUR_MILLIS) {
      cells.getOrDefault(hour, Map.of()).values().forEach(each);
    }
  }

  @Override
  public void hours(long fromMillis, long toMillis, Consumer<GpuHour> each) {
    for (long hour = first(fromMillis); hour < toMillis; hour += CostRows.HOUR_MILLIS) {
      gpus.getOrDefault(hour, Map.of()).values().forEach(each);
    }
  }

  private static long first(long fromMillis) {
    return fromMillis - Math.floorMod(fromMillis, CostRows.HOUR_MILLIS);
  }

  @Override
  public int permille(String gpu, long hourStartMillis) {
    return busy.getOrDefault(hourStartMillis, Map.of()).getOrDefault(gpu, UNKNOWN);
  }
}
