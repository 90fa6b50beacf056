package gpu.kerf.extender.team;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import gpu.kerf.extender.team.InputProblems.Problem;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one JSON object strictly: each value has its type, and a field that no call
 * asked for is a problem.
 */
public final class FieldReader {
  private final InputProblems problems;
  private final String file;
  private final String path;
  private final JsonNode object;
  private final List<String> known = new ArrayList<>();

  public FieldReader(InputProblems problems, String file, String path, JsonNode object) {
    this.problems = problems;
    this.file = file;
    this.path = path;
    this.object = object;
    if (!object.isObject()) {
      problems.add(
          new Problem(
              file,
              path.isEmpty() ? "the file" : path,
              shown(object),
              "is no object.",
              "Write it in braces."));
    }
  }

  /** The value, or a missing node; null counts as missing. */
  public JsonNode node(String field) {
    known.add(field);
    JsonNode value = object.path(field);
    return value.isNull() ? MissingNode.getInstance() : value;
  }

  public boolean has(String field) {
    return !node(field).isMissingNode();
  }

  public @Nullable String text(String field) {
    JsonNode value = node(field);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual() || value.textValue().isBlank()) {
      problem(field, value, "is no name.", "Write a string.");
      return null;
    }
    return value.textValue();
  }

  /** A value that is parsed from a string or a number, such as a decimal. */
  public <T> @Nullable T parsed(String field, Function<String, T> parse) {
    JsonNode value = node(field);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual() && !value.isNumber()) {
      problem(field, value, "is neither a string nor a number.", "Write a string.");
      return null;
    }
    try {
      return parse.apply(value.isTextual() ? value.textValue() : plain(value.decimalValue()));
    } catch (IllegalArgumentException refused) {
      problems.add(file, place(field), shown(value), refused);
      return null;
    }
  }

  private static String plain(BigDecimal value) {
    return value.precision() - value.scale() > 20 ? value.toString() : value.toPlainString();
  }

  public @Nullable Integer integer(String field) {
    JsonNode value = node(field);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber()) {
      problem(field, value, "is no whole number.", "Write a number without quotes, such as 100.");
      return null;
    }
    return value.intValue();
  }

  /** The object in a field. */
  public Optional<FieldReader> object(String field) {
    JsonNode value = node(field);
    return value.isMissingNode()
        ? Optional.empty()
        : Optional.of(new FieldReader(problems, file, place(field), value));
  }

  /** The strings of a list. */
  public List<String> texts(String field) {
    List<String> list = new ArrayList<>();
    JsonNode value = node(field);
    if (!value.isMissingNode() && (!value.isArray() || value.isEmpty())) {
      problem(field, value, "is no list of names.", "Write it in brackets.");
      return list;
    }
    for (JsonNode each : value) {
      if (each.isTextual()) {
        list.add(each.textValue());
      } else {
        problem(field, each, "is no name.", "Write a string.");
      }
    }
    return list;
  }

  /** Reads every field as a string. */
  Map<String, String> allTexts() {
    Map<String, String> texts = new LinkedHashMap<>();
    object.fieldNames().forEachRemaining(field -> put(texts, field));
    return texts;
  }

  private void put(Map<String, String> texts, String field) {
    String text = text(field);
    if (text != null) {
      texts.put(field, text);
    }
  }

  /** One of a few words; null if it is none of them. */
  @Nullable String oneOf(String field, List<String> words) {
    JsonNode value = node(field);
    if (value.isMissingNode()) {
      return null;
    }
    if (!words.contains(value.asText())) {
      problem(field, value, "is not known.", "Write one of " + String.join(", ", words) + ".");
      return null;
    }
    return value.asText();
  }

  /** Each object of a list. */
  public List<FieldReader> objects(String field) {
    List<FieldReader> list = new ArrayList<>();
    JsonNode value = node(field);
    if (!value.isMissingNode() && !value.isArray()) {
      problem(field, value, "is no list.", "Write it in brackets.");
    }
    for (int i = 0; i < value.size() && value.isArray(); i++) {
      list.add(new FieldReader(problems, file, place(field) + "[" + i + "]", value.get(i)));
    }
    return list;
  }

  public void require(String field, String hint) {
    if (!has(field)) {
      problems.add(new Problem(file, place(field), "", "is missing.", hint));
    }
  }

  /** Call this last: what was not read is unknown. */
  public void refuseUnknown() {
    for (String field : (Iterable<String>) object::fieldNames) {
      if (!known.contains(field)) {
        problem(
            field,
            object.path(field),
            "is no field here.",
            "Known are " + String.join(", ", known.stream().distinct().sorted().toList()) + ".");
      }
    }
  }

  /** A problem of a field that was read well. */
  public void problem(String field, String what, String hint) {
    problem(field, object.path(field), what, hint);
  }

  private void problem(String field, JsonNode value, String what, String hint) {
    problems.add(new Problem(file, place(field), shown(value), what, hint));
  }

  private String place(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  private static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }
}
