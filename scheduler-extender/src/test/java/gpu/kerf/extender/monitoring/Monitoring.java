package gpu.kerf.extender.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules and boards as they are shipped. */
final class Monitoring {
  static final Path FOLDER = Path.of("../manifests/monitoring");
  private static final Pattern SELECTOR =
      Pattern.compile("\\b(up|kerf[:_][a-z0-9_:]+|(?:jvm|process)_[a-z_]+)(\\{[^}]*})?");

  private Monitoring() {}

  /** A rule: an alert, or what is recorded under a name. */
  record Rule(String name, boolean alert, String expression, String runbook) {}

  /** A query of a board. */
  record Query(String board, String panel, String expression) {
    boolean needsDcgm() {
      return expression.contains("DCGM")
          || expression.contains("kerf:gpu_active")
          || expression.contains("_idle_bytes");
    }

    /** As Grafana would send it, with a short range, all namespaces and all teams. */
    String sent() {
      return expression
          .replace("$__rate_interval", "1m")
          .replace("$__range", "1h")
          .replace("$namespace", ".+")
          .replace("$team", ".+")
          .replace(" or vector(0)", "");
    }
  }

  static List<Rule> rules() {
    List<Rule> rules = new ArrayList<>();
    for (JsonNode group : yaml("rules.yaml").at("/spec/groups")) {
      for (JsonNode rule : group.path("rules")) {
        boolean alert = rule.has("alert");
        rules.add(
            new Rule(
                rule.path(alert ? "alert" : "record").asText(),
                alert,
                rule.path("expr").asText(),
                rule.at("/annotations/runbook_url").asText()));
      }
    }
    return rules;
  }

  /** The rules as Prometheus reads them, without what the operator wraps around them. */
  static void writeRules(Path file) {
    try {
      new YAMLMapper().writeValue(file.toFile(), yaml("rules.yaml").path("spec"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode yaml(String file) {
    try {
      return new YAMLMapper().readTree(FOLDER.resolve(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode board(String name) {
    try {
      return new ObjectMapper()
          .readTree(Files.readString(FOLDER.resolve("boards/" + name + ".json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Query> queries(String board) {
    List<Query> queries = new ArrayList<>();
    for (JsonNode panel : board(board).path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(new Query(board, panel.path("title").asText(), target.path("expr").asText()));
      }
    }
    return queries;
  }

  static List<Query> queries() {
    List<Query> queries = new ArrayList<>(queries("platform"));
    queries.addAll(queries("team"));
    queries.addAll(queries("teams"));
    queries.addAll(queries("my-team"));
    queries.addAll(queries("fairness"));
    return queries;
  }

  /** The series that an expression selects, each as a query of its own. */
  static List<String> selectors(String expression) {
    List<String> selectors = new ArrayList<>();
    Matcher matcher = SELECTOR.matcher(expression);
    while (matcher.find()) {
      selectors.add(matcher.group());
    }
    return selectors;
  }
}
