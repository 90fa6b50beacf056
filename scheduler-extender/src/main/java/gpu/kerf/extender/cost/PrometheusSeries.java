package gpu.kerf.extender.cost;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Reads series from a Prometheus, and refuses what is no finite number: a report that is made of
 * less than it says would be wrong without a sign.
 */
public final class PrometheusSeries {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SHOWN = 100;

  private final URI url;
  private final HttpText http;

  public PrometheusSeries(URI url) {
    this(url, PATIENCE);
  }

  /** With other patience. */
  public PrometheusSeries(URI url, Duration patience) {
    this.url = url;
    this.http = new HttpText(url, "Prometheus", patience, null);
  }

  /**
   * The values of a query at equal distances.
   *
   * @param label the label that tells the series from each other
   * @return by the value of the label, the values by their times in milliseconds
   */
  Map<String, NavigableMap<Long, BigDecimal>> range(
      String query, String label, long fromMillis, long toMillis, long stepMillis)
      throws IOException {
    String path =
        "/api/v1/query_range?query="
            + URLEncoder.encode(query, StandardCharsets.UTF_8)
            + "&start="
            + fromMillis / 1000
            + "&end="
            + toMillis / 1000
            + "&step="
            + stepMillis / 1000;
    JsonNode answer = answer(path);
    if (!answer.path("status").asText().equals("success")) {
      throw new IOException(
          "Prometheus at "
              + url
              + " refuses the query "
              + query
              + ": "
              + answer.path("error").asText());
    }
    JsonNode data = answer.path("data");
    if (!data.path("resultType").asText().equals("matrix") || !data.path("result").isArray()) {
      throw lie("its answer is no series of values");
    }
    Map<String, NavigableMap<Long, BigDecimal>> series = new TreeMap<>();
    for (JsonNode each : data.path("result")) {
      String name = each.path("metric").path(label).asText();
      NavigableMap<Long, BigDecimal> values = new TreeMap<>();
      for (JsonNode value : each.path("values")) {
        long time = millis(value.path(0));
        if (time < fromMillis || time > toMillis || (time - fromMillis) % stepMillis != 0) {
          throw lie(
              "it has a value of " + Instant.ofEpochMilli(time) + ", which was not asked for");
        }
        values.put(time, number(name, value.path(1)));
      }
      if (values.isEmpty()) {
        throw lie("it has a series without values (" + name + ")");
      }
      if (series.put(name, values) != null) {
        throw lie("it has two series with " + label + " " + name);
      }
    }
    return series;
  }

  private JsonNode answer(String path) throws IOException {
    try (InputStream body = http.get(path)) {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw lie("its answer is not JSON: " + firstLine(e.getOriginalMessage()));
    } catch (SocketTimeoutException e) {
      throw new IOException(
          "Prometheus at "
              + url
              + " has stopped in the middle of its answer.\nAsk for less at once.",
          e);
    }
  }

  private long millis(JsonNode time) throws IOException {
    if (!time.isNumber()) {
      throw lie("a time (" + time + ") is no number");
    }
    return time.decimalValue().movePointRight(3).longValue();
  }

  private BigDecimal number(String series, JsonNode value) throws IOException {
    try {
      return new BigDecimal(value.asText());
    } catch (NumberFormatException e) {
      throw lie(
          "a value of " + series + " (" + firstLine(value.asText()) + ") is no finite number");
    }
  }

  private static String firstLine(String text) {
    String line = text.lines().findFirst().orElse("");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
  }

  /** What must be said of a Prometheus that answers nonsense. */
  IOException lie(String what) {
    return new IOException(
        "What Prometheus at "
            + url
            + " answers cannot be used: "
            + what
            + ".\n"
            + "Is this URL the one of a Prometheus that scrapes Kerf? No report is made of a part"
            + " of the answer.");
  }
}
