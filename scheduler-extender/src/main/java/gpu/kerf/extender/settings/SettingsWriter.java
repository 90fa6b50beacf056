package gpu.kerf.extender.settings;

import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/** Writes settings as JSON, as a commented YAML file, and as the table of the documentation. */
public final class SettingsWriter {

  private SettingsWriter() {}

  /** The tree with every value as it stands in a file. */
  public static JsonObject json(Settings settings) {
    return group("", settings);
  }

  private static JsonObject group(String path, Object record) {
    JsonObject json = new JsonObject();
    for (Branch branch : Branch.of(path, record.getClass())) {
      json.put(branch.name(), value(branch, branch.in(record)));
    }
    return json;
  }

  private static Object value(Branch branch, Object value) {
    if (branch.isGroup()) {
      return group(branch.path(), value);
    }
    if (value instanceof Map<?, ?> map) {
      JsonObject json = new JsonObject();
      map.forEach((name, each) -> json.put(name.toString(), plain(each)));
      return json;
    }
    return plain(value);
  }

  private static Object plain(Object value) {
    return value instanceof Number || value instanceof Boolean ? value : ValueKind.write(value);
  }

  /** An example file with the defaults. */
  public static String example() {
    StringBuilder out = new StringBuilder();
    out.append("# Kerf's settings, each with its default.\n");
    out.append("# Written by: kerf check-config --example\n");
    out.append("#\n");
    out.append("# A setting can also be an environment variable (limits.allBodies is\n");
    out.append(
        "# KERF_LIMITS_ALL_BODIES) or stand on the command line (--set limits.allBodies=1GiB);\n");
    out.append("# the command line wins over the environment, and that over this file.\n");
    out.append("# \"Live\" settings are read again while the service runs.\n");
    for (Branch branch : Branch.of("", Settings.class)) {
      out.append('\n');
      example(out, branch, branch.in(Settings.defaults()), "");
    }
    return out.toString();
  }

  private static void example(StringBuilder out, Branch branch, Object value, String indent) {
    comment(out, branch, indent);
    out.append(indent).append(branch.name()).append(':');
    if (!branch.isGroup()) {
      out.append(' ').append(yaml(value)).append('\n');
      return;
    }
    out.append('\n');
    for (Branch child : Branch.of(branch.path(), value.getClass())) {
      example(out, child, child.in(value), indent + "  ");
    }
  }

  private static void comment(StringBuilder out, Branch branch, String indent) {
    for (String paragraph : branch.setting().value().split("\n", -1)) {
      wrap(out, paragraph, indent + "# ");
    }
    String facts = facts(branch);
    if (!facts.isEmpty()) {
      out.append(indent).append("# ").append(facts).append('\n');
    }
  }

  private static String facts(Branch branch) {
    if (branch.isGroup()) {
      return "";
    }
    String range = SettingsReader.range(branch);
    String live = branch.setting().live() ? "Live." : "";
    return (range.isEmpty() ? live : (range + ". " + live).strip());
  }

  private static void wrap(StringBuilder out, String text, String prefix) {
    int column = 0;
    for (String word : text.split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > 100) {
        out.append('\n');
        column = 0;
      }
      out.append(column == 0 ? prefix : " ").append(word);
      column += (column == 0 ? prefix.length() : 1) + word.length();
    }
    out.append('\n');
  }

  private static String yaml(Object value) {
    if (value instanceof Map<?, ?>) {
      return "{}";
    }
    String text = ValueKind.write(value);
    return value instanceof String && text.isEmpty() ? "\"\"" : text;
  }

  /** The rows of the documentation's table. */
  public static String table() {
    StringBuilder out = new StringBuilder();
    out.append(
        "| setting | environment | default | range | live | what |\n|---|---|---|---|---|---|\n");
    for (Branch leaf : Branch.leaves("", Settings.class)) {
      out.append("| `").append(leaf.path()).append("` | `").append(leaf.variable()).append("` | ");
      out.append(cell(yaml(defaultOf(leaf.path())))).append(" | ");
      out.append(SettingsReader.range(leaf)).append(" | ");
      out.append(leaf.setting().live() ? "yes" : "").append(" | ");
      out.append(leaf.setting().value().replace("\n", " ").replace("|", "\\|")).append(" |\n");
    }
    return out.toString();
  }

  private static String cell(String value) {
    return value.equals("\"\"") ? "(none)" : "`" + value + "`";
  }

  private static Object defaultOf(String path) {
    Object at = Settings.defaults();
    String prefix = "";
    for (String name : path.split("\\.", -1)) {
      Object record = at;
      List<Branch> branches = Branch.of(prefix, record.getClass());
      Branch branch =
          branches.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
      at = branch.in(record);
      prefix = branch.path();
    }
    return at;
  }
}
