package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.controlplane.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** What an API server wrote down of when pods were bound, and when their containers had ended. */
final class BindingLog {
  private static final String POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: Metadata
        verbs: [create]
        resources: [{group: "", resources: [pods/binding]}]
      - level: Request
        verbs: [patch, update]
        resources: [{group: "", resources: [pods/status]}]
      - level: None
      """;

  private final Path log;

  /** When a pod was bound, and when its containers had ended; the end of time if they have not. */
  record Run(String namespace, String pod, Instant bound, Instant ended) {}

  private BindingLog(Path log) {
    this.log = log;
  }

  /** One that writes into a folder; an API server that starts with these options does so. */
  static BindingLog in(Path folder) throws IOException {
    Files.writeString(folder.resolve("audit.yaml"), POLICY);
    return new BindingLog(folder.resolve("audit.log"));
  }

  Options switchOn(Options options) {
    return options
        .apiServerFlag("--audit-policy-file=" + log.resolveSibling("audit.yaml"))
        .apiServerFlag("--audit-log-path=" + log)
        .apiServerFlag("--audit-log-mode=blocking");
  }

  /** All pods that were bound, by namespace and name. */
  Map<String, Run> runs() {
    Map<String, Run> runs = new HashMap<>();
    try {
      for (String line : Files.readAllLines(log)) {
        enter(Api.JSON.readTree(line), runs);
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return runs;
  }

  private static void enter(JsonNode entry, Map<String, Run> runs) {
    JsonNode object = entry.path("objectRef");
    String namespace = object.path("namespace").asText();
    String pod = object.path("name").asText();
    String key = namespace + "/" + pod;
    if (entry.at("/responseStatus/code").asInt() >= 300) {
      return;
    }
    if (object.path("subresource").asText().equals("binding")) {
      Instant bound = Instant.parse(entry.path("requestReceivedTimestamp").asText());
      runs.put(key, new Run(namespace, pod, bound, Instant.MAX));
      return;
    }
    Run run = runs.get(key);
    for (JsonNode container : entry.at("/requestObject/status/containerStatuses")) {
      String end = container.at("/state/terminated/finishedAt").asText();
      if (run != null && !end.isEmpty() && run.ended.equals(Instant.MAX)) {
        runs.put(key, new Run(namespace, pod, run.bound, Instant.parse(end)));
      }
    }
  }
}
