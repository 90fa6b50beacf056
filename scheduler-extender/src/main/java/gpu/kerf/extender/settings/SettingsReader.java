package gpu.kerf.extender.settings;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns the merged tree into {@link Settings}, and collects every problem in it. */
final class SettingsReader {
  private final UnaryOperator<String> from;
  private final List<SettingProblem> problems = new ArrayList<>();

  /**
   * @param from who wrote the value at a path
   */
  SettingsReader(UnaryOperator<String> from) {
    this.from = from;
  }

  /** The settings, with defaults in place of invalid values. */
  Settings read(JsonObject tree) {
    return group("", Settings.class, Settings.defaults(), tree);
  }

  List<SettingProblem> problems() {
    return problems;
  }

  private <T> T group(String path, Class<T> type, T defaults, JsonObject given) {
    List<Branch> branches = Branch.of(path, type);
    refuseUnknown(path, branches, given);
    List<Object> values = new ArrayList<>();
    for (Branch branch : branches) {
      values.add(value(branch, branch.in(defaults), given.getValue(branch.name())));
    }
    return Branch.create(type, values);
  }

  private Object value(Branch branch, Object otherwise, @Nullable Object given) {
    if (given == null) {
      return otherwise; // "limits:" with only comments below it
    }
    if (branch.isGroup()) {
      if (given instanceof JsonObject object) {
        return group(branch.path(), otherwise, object);
      }
      return wrong(branch, otherwise, given, "is a group of settings, not a value.", "");
    }
    return branch.isMap() ? map(branch, otherwise, given) : leaf(branch, otherwise, given);
  }

  private <T> Object group(String path, T defaults, JsonObject object) {
    @SuppressWarnings("unchecked")
    Class<T> type = (Class<T>) defaults.getClass();
    return group(path, type, defaults, object);
  }

  private Object leaf(Branch branch, Object otherwise, Object given) {
    if (given instanceof JsonArray list && branch.kind().type() == Names.class) {
      return parsed(branch, branch.path(), otherwise, joined(list));
    }
    return given instanceof JsonObject || given instanceof JsonArray
        ? wrong(branch, otherwise, given, "is not " + branch.kind().expects() + ".", "")
        : parsed(branch, branch.path(), otherwise, given);
  }

  private static String joined(JsonArray list) {
    return list.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private Object map(Branch branch, Object otherwise, Object given) {
    Map<String, Object> entries = new TreeMap<>();
    if (given instanceof JsonObject object) {
      entries.putAll(object.getMap());
    } else if (!(given instanceof String text) || !pairs(text, entries)) {
      String hint = "Write " + branch.name() + ": {name: value}, or name=value,name=value.";
      return wrong(branch, otherwise, given, "is not a list of names with values.", hint);
    }
    Map<String, Object> values = new TreeMap<>();
    entries.forEach((name, raw) -> put(values, branch, name, raw));
    return values;
  }

  private void put(Map<String, Object> values, Branch branch, String name, @Nullable Object raw) {
    Object missing = "";
    Object value = parsed(branch, branch.path() + "." + name, missing, raw == null ? "" : raw);
    if (value != missing) {
      values.put(name, value);
    }
  }

  private static boolean pairs(String text, Map<String, Object> into) {
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 1 && !pair.isBlank()) {
        return false;
      }
      if (!pair.isBlank()) {
        into.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
      }
    }
    return true;
  }

  private Object parsed(Branch branch, String path, Object otherwise, Object given) {
    Object value;
    try {
      value = branch.kind().parse(given.toString());
    } catch (IllegalArgumentException nonsense) {
      problem(path, given, "is not " + branch.kind().expects() + ".", hint(branch));
      return otherwise;
    }
    String range = outside(branch, value);
    if (!range.isEmpty()) {
      problem(path, given, "is out of range.", "Write " + range + ".");
      return otherwise;
    }
    return value;
  }

  private static String hint(Branch branch) {
    String range = range(branch);
    return range.isEmpty() ? "" : "Write " + range + ".";
  }

  /** The range that a value leaves; empty if it does not. */
  private static String outside(Branch branch, Object value) {
    Setting setting = branch.setting();
    boolean low = !setting.min().isEmpty() && compare(branch, value, setting.min()) < 0;
    boolean high = !setting.max().isEmpty() && compare(branch, value, setting.max()) > 0;
    return low || high ? range(branch) : "";
  }

  static String range(Branch branch) {
    Setting setting = branch.setting();
    if (setting.min().isEmpty()) {
      return setting.max().isEmpty() ? "" : setting.max() + " or less";
    }
    return setting.min() + (setting.max().isEmpty() ? " or more" : " to " + setting.max());
  }

  @SuppressWarnings("unchecked")
  private static int compare(Branch branch, Object value, String bound) {
    return ((Comparable<Object>) value).compareTo(branch.kind().parse(bound));
  }

  private void refuseUnknown(String path, List<Branch> branches, JsonObject given) {
    List<String> known = branches.stream().map(Branch::name).toList();
    for (String name : given.fieldNames()) {
      if (!known.contains(name)) {
        String full = path.isEmpty() ? name : path + "." + name;
        problem(full, given.getValue(name), "is no setting.", meant(path, name, known));
      }
    }
  }

  /** The nearest name beside it, or else the same name anywhere. */
  static String meant(String path, String name, List<String> known) {
    String nearest = Nearest.to(name, known);
    if (nearest != null) {
      return "Did you mean " + (path.isEmpty() ? nearest : path + "." + nearest) + "?";
    }
    return Branch.leaves("", Settings.class).stream()
        .filter(leaf -> leaf.name().equalsIgnoreCase(name))
        .findFirst()
        .map(leaf -> "Did you mean " + leaf.path() + "?")
        .orElse("Known here: " + String.join(", ", known) + ".");
  }

  private Object wrong(Branch branch, Object otherwise, Object given, String what, String hint) {
    problem(branch.path(), given, what, hint);
    return otherwise;
  }

  private void problem(String path, @Nullable Object given, String what, String hint) {
    String value = given instanceof JsonObject object ? object.encode() : String.valueOf(given);
    String shown = value.length() > 100 ? value.substring(0, 100) + "…" : value;
    problems.add(new SettingProblem(path, shown, from.apply(path), what, hint));
  }
}
