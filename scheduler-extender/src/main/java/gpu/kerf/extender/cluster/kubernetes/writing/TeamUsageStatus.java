package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How {@code status.usage} of a Team is written: integers, and times to the millisecond. */
public final class TeamUsageStatus {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String USED = "milliGpuMillis";

  private TeamUsageStatus() {}

  static ObjectNode json(UsageCheckpoint usage) {
    ObjectNode json = JSON.createObjectNode();
    json.put("since", time(usage.sinceMillis())).put("until", time(usage.untilMillis()));
    json.put(USED, usage.milliGpuMillis());
    ArrayNode periods = json.putArray("periods");
    for (UsageCheckpoint.Period period : usage.periods()) {
      periods
          .addObject()
          .put("start", time(period.startMillis()))
          .put(USED, period.milliGpuMillis());
    }
    return json;
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /**
   * What the status of a Team says was used; null if it says nothing.
   *
   * @throws IllegalArgumentException if it says what cannot be
   */
  public static @Nullable UsageCheckpoint read(JsonNode status) {
    JsonNode usage = status.path("usage");
    if (!usage.isObject()) {
      return null;
    }
    List<UsageCheckpoint.Period> periods = new ArrayList<>();
    for (JsonNode period : usage.path("periods")) {
      periods.add(new UsageCheckpoint.Period(millis(period, "start"), used(period)));
    }
    return new UsageCheckpoint(
        millis(usage, "since"), millis(usage, "until"), used(usage), periods);
  }

  private static long millis(JsonNode from, String field) {
    String text = from.path(field).asText("");
    try {
      return Instant.parse(text).toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "The time ("
              + text
              + ") of "
              + field
              + " cannot be read.\nMaybe the status of the team was edited.",
          e);
    }
  }

  private static long used(JsonNode from) {
    JsonNode used = from.path(USED);
    if (!used.isIntegralNumber() || !used.canConvertToLong()) {
      throw new IllegalArgumentException(
          "The number ("
              + used.asText("")
              + ") of "
              + USED
              + " is no integer.\nMaybe the status of the team was edited.");
    }
    return used.longValue();
  }
}
