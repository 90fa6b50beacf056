package gpu.kerf.extender.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads objects of the API server and the JSON in their annotations, and skips unknown fields. */
final class Texts {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,18})(|Ki|Mi|Gi|Ti)");
  private static final Pattern GIGABYTES = Pattern.compile(".*?([0-9]{1,4})GB.*");

  private Texts() {}

  static String name(JsonNode object) {
    return object.at("/metadata/name").asText("");
  }

  static String annotation(JsonNode object, String name) {
    return object.path("metadata").path("annotations").path(name).asText("");
  }

  static String label(JsonNode object, String name) {
    return object.path("metadata").path("labels").path(name).asText("");
  }

  /** An annotation's JSON. */
  static JsonNode parse(String json) throws UnreadableException {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UnreadableException("it is not JSON: " + e.getOriginalMessage());
    }
  }

  /** A whole number that must be there. */
  static int number(JsonNode of, String field) throws UnreadableException {
    JsonNode value = of.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new UnreadableException(field + " (" + value + ") is not a whole number");
    }
    return value.asInt();
  }

  /** MiB of a quantity; 0 where it is none. */
  static long mebibytes(String quantity) {
    Matcher matcher = QUANTITY.matcher(quantity);
    if (!matcher.matches()) {
      return 0;
    }
    double value = Long.parseLong(matcher.group(1));
    double mebibytes =
        switch (matcher.group(2)) {
          case "Ti" -> value * 1024 * 1024;
          case "Gi" -> value * 1024;
          case "Mi" -> value;
          case "Ki" -> value / 1024;
          default -> value / 1024 / 1024;
        };
    return (long) Math.floor(mebibytes);
  }

  /** The memory in the name of a model, for want of a better figure; 0 where there is none. */
  static long memoryOfName(String model) {
    Matcher matcher = GIGABYTES.matcher(model);
    return matcher.matches() ? Long.parseLong(matcher.group(1)) * 1024 : 0;
  }
}
