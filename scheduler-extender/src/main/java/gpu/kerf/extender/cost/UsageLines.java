package gpu.kerf.extender.cost;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** Writes records of usage as lines, one JSON object each. {@link RecordedUsage} reads them. */
public final class UsageLines {

  static final String HOUR = "hour";
  static final String GPU = "gpu";
  static final String MODEL = "model";
  static final String TEAM = "team";
  static final String NAMESPACE = "namespace";
  static final String OWNER = "owner";
  static final String WALL = "wall";
  static final String MILLI_GPU_MILLIS = "milliGpuMillis";
  static final String MEBIBYTE_MILLIS = "mebibyteMillis";
  static final String PRESENT_MILLIS = "presentMillis";
  static final String STRANDED = "stranded";
  static final String BUSY_PERMILLE = "busyPermille";
  static final String CURRENCY = "currency";
  static final String PRICES = "prices";
  static final String DEFAULT_PRICE = "defaultPrice";

  static final String COMPLETE_SINCE = "completeSince";

  private static final JsonFactory JSON = new JsonFactory();

  private UsageLines() {}

  private interface Lines {
    void write(JsonGenerator out) throws IOException;
  }

  private static String text(Lines lines) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
      lines.write(out);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return text.getBuffer().length() == 0 ? "" : text.append('\n').toString();
  }

  /** The line of the prices that are in force, and from when on all usage is known. */
  public static String of(PriceList prices, long completeSince) {
    return text(
        out -> {
          out.writeStartObject();
          out.writeStringField(CURRENCY, prices.currency());
          out.writeObjectFieldStart(PRICES);
          for (Map.Entry<String, Price> price : new TreeMap<>(prices.byModel()).entrySet()) {
            out.writeStringField(price.getKey(), price.getValue().toString());
          }
          out.writeEndObject();
          out.writeStringField(DEFAULT_PRICE, prices.otherwise().toString());
          out.writeStringField(COMPLETE_SINCE, Instant.ofEpochMilli(completeSince).toString());
          out.writeEndObject();
        });
  }

  /** The lines of an hour. */
  public static String of(CostRows.Hour hour) {
    String start = Instant.ofEpochMilli(hour.startMillis()).toString();
    return text(
        out -> {
          for (UsageCell cell : hour.cells()) {
            cell(out, start, cell);
          }
          for (GpuHour gpu : hour.gpus()) {
            gpu(out, start, gpu);
          }
        });
  }

  private static void cell(JsonGenerator out, String start, UsageCell cell) throws IOException {
    out.writeStartObject();
    out.writeStringField(HOUR, start);
    out.writeStringField(GPU, cell.gpu());
    key(out, cell.key());
    out.writeStringField(MODEL, cell.key().model());
    out.writeNumberField(MILLI_GPU_MILLIS, cell.milliGpuMillis());
    out.writeNumberField(MEBIBYTE_MILLIS, cell.mebibyteMillis());
    out.writeEndObject();
  }

  private static void key(JsonGenerator out, UsageCell.Key key) throws IOException {
    out.writeStringField(TEAM, key.team());
    out.writeStringField(NAMESPACE, key.namespace());
    out.writeStringField(OWNER, key.owner());
    out.writeStringField(WALL, key.wall());
  }

  private static void gpu(JsonGenerator out, String start, GpuHour gpu) throws IOException {
    out.writeStartObject();
    out.writeStringField(HOUR, start);
    out.writeStringField(GPU, gpu.gpu());
    out.writeStringField(MODEL, gpu.model());
    out.writeNumberField(PRESENT_MILLIS, gpu.presentMillis());
    out.writeArrayFieldStart(STRANDED);
    for (GpuHour.Stranded stranded : gpu.stranded()) {
      out.writeStartObject();
      if (stranded.cause() != null) {
        key(out, stranded.cause());
      }
      out.writeNumberField(MILLI_GPU_MILLIS, stranded.milliGpuMillis());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
