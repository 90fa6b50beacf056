package gpu.kerf.extender.stream;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** A JSON schema with as many keywords as this project uses; it refuses to read any other. */
public final class JsonSchema {
  private static final Set<String> NOTES =
      Set.of("$schema", "$id", "$defs", "title", "description");
  private static final Set<String> RULES =
      Set.of(
          "$ref",
          "type",
          "const",
          "enum",
          "pattern",
          "minimum",
          "required",
          "properties",
          "items",
          "oneOf");

  private final JsonNode root;

  public JsonSchema(JsonNode root) {
    this.root = root;
  }

  /**
   * What is wrong with a document, each with its place.
   *
   * <p>Unlike a consumer, who must live with new fields, it finds those that are not described.
   */
  public List<String> problems(JsonNode document) {
    List<String> problems = new ArrayList<>();
    check(root, document, "", problems);
    undescribed(root, document, "", problems);
    return problems;
  }

  private void check(JsonNode schema, JsonNode value, String at, List<String> problems) {
    schema
        .fieldNames()
        .forEachRemaining(
            keyword -> {
              if (!NOTES.contains(keyword) && !RULES.contains(keyword)) {
                throw new IllegalArgumentException("The keyword (" + keyword + ") is not known.");
              }
            });
    if (schema.has("$ref")) {
      check(referred(schema), value, at, problems);
    }
    if (schema.has("type") && !isOf(schema.path("type").asText(), value)) {
      problems.add(at + " is no " + schema.path("type").asText() + ": " + value);
    }
    if (schema.has("const") && !schema.path("const").equals(value)) {
      problems.add(at + " is not " + schema.path("const") + ": " + value);
    }
    if (schema.has("enum") && !contains(schema.path("enum"), value)) {
      problems.add(at + " is none of " + schema.path("enum") + ": " + value);
    }
    if (schema.has("pattern")
        && !Pattern.compile(schema.path("pattern").asText()).matcher(value.asText()).find()) {
      problems.add(at + " does not match " + schema.path("pattern") + ": " + value);
    }
    if (schema.has("minimum") && value.asLong() < schema.path("minimum").asLong()) {
      problems.add(at + " is less than " + schema.path("minimum") + ": " + value);
    }
    schema
        .path("required")
        .forEach(
            name -> {
              if (!value.has(name.asText())) {
                problems.add(at + "/" + name.asText() + " is missing.");
              }
            });
    schema
        .path("properties")
        .properties()
        .forEach(
            each -> {
              if (value.has(each.getKey())) {
                String below = at + "/" + each.getKey();
                check(each.getValue(), value.path(each.getKey()), below, problems);
              }
            });
    if (schema.has("items")) {
      int index = 0;
      for (JsonNode each : value) {
        check(schema.path("items"), each, at + "/" + index++, problems);
      }
    }
    oneOf(schema, value, at, problems);
  }

  private void oneOf(JsonNode schema, JsonNode value, String at, List<String> problems) {
    if (!schema.has("oneOf")) {
      return;
    }
    List<String> all = new ArrayList<>();
    int right = 0;
    for (JsonNode each : schema.path("oneOf")) {
      List<String> found = new ArrayList<>();
      check(each, value, at, found);
      right += found.isEmpty() ? 1 : 0;
      all.addAll(found);
    }
    if (right != 1) {
      problems.add(at + " is right in " + right + " of the forms: " + all);
    }
  }

  private JsonNode referred(JsonNode schema) {
    return root.at(schema.path("$ref").asText().substring(1));
  }

  private static boolean contains(JsonNode list, JsonNode value) {
    for (JsonNode each : list) {
      if (each.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOf(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "boolean" -> value.isBoolean();
      default -> throw new IllegalArgumentException("The type (" + type + ") is not known.");
    };
  }

  /** Fields of objects that no form of the schema that fits describes. */
  private void undescribed(JsonNode schema, JsonNode value, String at, List<String> problems) {
    if (value.isArray() && schema.has("items")) {
      value.forEach(each -> undescribed(resolved(schema.path("items")), each, at + "/*", problems));
    }
    if (!value.isObject()) {
      return;
    }
    List<JsonNode> forms = new ArrayList<>(List.of(schema));
    for (JsonNode each : schema.path("oneOf")) {
      List<String> found = new ArrayList<>();
      check(each, value, at, found);
      if (found.isEmpty()) {
        forms.add(each);
      }
    }
    Set<String> described = new TreeSet<>();
    forms.forEach(form -> form.path("properties").fieldNames().forEachRemaining(described::add));
    value
        .properties()
        .forEach(
            field -> {
              if (!described.contains(field.getKey())) {
                problems.add(at + "/" + field.getKey() + " is not described.");
              }
              for (JsonNode form : forms) {
                JsonNode below = form.path("properties").path(field.getKey());
                if (below.has("$ref") || below.has("properties") || below.has("items")) {
                  undescribed(
                      resolved(below), field.getValue(), at + "/" + field.getKey(), problems);
                }
              }
            });
  }

  private JsonNode resolved(JsonNode schema) {
    return schema.has("$ref") ? referred(schema) : schema;
  }
}
