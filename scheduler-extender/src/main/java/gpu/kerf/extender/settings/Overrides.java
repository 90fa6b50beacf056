package gpu.kerf.extender.settings;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Settings given one by one, by environment variables or on the command line. */
final class Overrides {

  /** Variables that are not settings, though they are called KERF_. */
  private static final Pattern FOREIGN =
      Pattern.compile(
          "KERF_JAVA_OPTS|KERF_OPENB_DIR|KERF_KUBE_BIN|KERF_KUBE_CACHE|KERF_K8S_VERSION"
              + "|KERF_K3S_IMAGE"
              // what Kubernetes sets in every pod beside a Service called kerf or kerf-something
              + "|KERF_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_\\d+_(TCP|UDP)(_.*)?)");

  private final JsonObject tree = new JsonObject();
  private final Map<String, String> origins = new LinkedHashMap<>();
  private final List<SettingProblem> problems = new ArrayList<>();

  private Overrides() {}

  /** The variables that are called KERF_, each a setting in capitals. */
  static Overrides ofEnvironment(Map<String, String> variables) {
    Overrides overrides = new Overrides();
    Map<String, Branch> known = new LinkedHashMap<>();
    Branch.leaves("", Settings.class).forEach(leaf -> known.put(leaf.variable(), leaf));
    new TreeMap<>(variables)
        .forEach(
            (name, value) -> {
              Branch leaf = known.get(name);
              if (leaf != null) {
                overrides.set(leaf.path(), value, name);
              } else if (name.startsWith("KERF_") && !FOREIGN.matcher(name).matches()) {
                overrides.unknownVariable(name, value, List.copyOf(known.keySet()));
              }
            });
    return overrides;
  }

  /** What stands behind --set, as {@code path=value}. */
  static Overrides ofCommandLine(List<String> assignments) {
    Overrides overrides = new Overrides();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        overrides.problems.add(
            new SettingProblem(
                assignment,
                "",
                "--set",
                "is no assignment.",
                "Write a path and a value, such as --set limits.body=32MiB."));
      } else {
        overrides.set(
            assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "--set");
      }
    }
    return overrides;
  }

  private void set(String path, String value, String origin) {
    List<String> names = names(path);
    JsonObject place = tree;
    for (String name : names.subList(0, names.size() - 1)) {
      if (!(place.getValue(name) instanceof JsonObject)) {
        place.put(name, new JsonObject());
      }
      place = place.getJsonObject(name);
    }
    place.put(names.get(names.size() - 1), value);
    origins.put(path, origin);
  }

  /** The text behind a map's path is one name, even if it contains dots. */
  private static List<String> names(String path) {
    for (Branch leaf : Branch.leaves("", Settings.class)) {
      if (leaf.isMap() && path.startsWith(leaf.path() + ".")) {
        List<String> names = new ArrayList<>(List.of(leaf.path().split("\\.", -1)));
        names.add(path.substring(leaf.path().length() + 1));
        return names;
      }
    }
    return List.of(path.split("\\.", -1));
  }

  private void unknownVariable(String name, String value, List<String> known) {
    String nearest = Nearest.to(name, known);
    String hint =
        nearest == null ? "kerf serve --help lists them." : "Did you mean " + nearest + "?";
    problems.add(new SettingProblem(name, value, "the environment", "is no setting.", hint));
  }

  JsonObject tree() {
    return tree;
  }

  /** Who set the value at a path or above it, or null if no override did. */
  @Nullable String origin(String path) {
    for (Map.Entry<String, String> entry : origins.entrySet()) {
      if (path.equals(entry.getKey()) || path.startsWith(entry.getKey() + ".")) {
        return entry.getValue();
      }
    }
    return null;
  }

  List<SettingProblem> problems() {
    return problems;
  }
}
