package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What an API server wrote down of every request: who asked for what, and whether he might. */
final class Audit {
  private static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: None
        users: [admin, kwok, "system:kube-controller-manager", "system:apiserver"]
      - level: Metadata
      """;

  private final Path log;

  private Audit(Path log) {
    this.log = log;
  }

  /** One that writes into a folder; an API server that starts with these options does so. */
  static Audit in(Path folder) throws IOException {
    Files.writeString(folder.resolve("audit.yaml"), POLICY);
    return new Audit(folder.resolve("audit.log"));
  }

  Options switchOn(Options options) {
    return options
        .apiServerFlag("--audit-policy-file=" + log.resolveSibling("audit.yaml"))
        .apiServerFlag("--audit-log-path=" + log)
        .apiServerFlag("--audit-log-mode=blocking");
  }

  /** Everything that a user asked of objects and was allowed. */
  Set<Right> used(String user) {
    Set<Right> used = new TreeSet<>();
    for (JsonNode entry : entries(user)) {
      if (entry.has("objectRef") && status(entry) != 403) {
        used.add(Right.of(entry));
      }
    }
    return used;
  }

  /** What a user asked for in vain. */
  List<String> forbidden(String user) {
    return entries(user).stream()
        .filter(entry -> status(entry) == 403)
        .map(entry -> entry.path("verb").asText() + " " + entry.path("requestURI").asText())
        .distinct()
        .toList();
  }

  private static int status(JsonNode entry) {
    return entry.at("/responseStatus/code").asInt();
  }

  private List<JsonNode> entries(String user) {
    List<JsonNode> entries = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(log)) {
        JsonNode entry = Api.JSON.readTree(line);
        if (entry.at("/user/username").asText().equals(user)) {
          entries.add(entry);
        }
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return entries;
  }
}
