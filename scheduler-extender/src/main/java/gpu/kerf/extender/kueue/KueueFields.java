package gpu.kerf.extender.kueue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** Parts of objects of the API server. */
final class KueueFields {

  private KueueFields() {}

  /** The condition of one type in an object's status; a missing node if there is none. */
  static JsonNode condition(JsonNode object, String type) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText("").equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  static boolean isTrue(JsonNode condition) {
    return condition.path("status").asText("").equals("True");
  }

  /** A time in milliseconds; 0 if it is none. */
  static long millis(JsonNode time) {
    try {
      return Instant.parse(time.asText("")).toEpochMilli();
    } catch (DateTimeParseException none) {
      return 0;
    }
  }
}
