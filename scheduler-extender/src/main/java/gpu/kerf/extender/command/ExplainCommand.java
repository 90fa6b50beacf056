package gpu.kerf.extender.command;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.client.HttpConnection;
import gpu.kerf.extender.cluster.embedded.FleetException;
import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.explain.Explanation;
import gpu.kerf.extender.explain.ExplanationJson;
import gpu.kerf.extender.explain.ExplanationText;
import gpu.kerf.extender.explain.Manifests;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.price.Prices;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf explain}: how a pod's demand is read, where it fits, and what would make it fit. */
@Command(
    name = "explain",
    description = {
      "Explains on which nodes a pod fits, why not on others, and which change would help.",
      "",
      "It prints how Kerf reads the pod's demand, which nodes have room, why the other nodes have "
          + "none, and the cheapest change that would make it fit. With --url it asks a running "
          + "Kerf about its real fleet; without --url it tries an empty fleet.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class ExplainCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMEOUT_MILLIS = 10_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "Manifests of pods or of objects with a pod template; - reads stdin.")
  private String file = "";

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The running Kerf to ask, such as http://127.0.0.1:8880.")
  private @Nullable URI url;

  @Option(
      names = "--fleet",
      paramLabel = "FILE",
      description = "The empty fleet to try. Default: the fleet of kerf demo.")
  private @Nullable Path fleet;

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  /** Explains one pod. */
  private interface Way {
    Map<String, Object> json(ObjectNode pod) throws IOException;

    String text(String name, ObjectNode pod) throws IOException;
  }

  @Override
  public Integer call() throws IOException {
    if (url != null && fleet != null) {
      throw new ParameterException(
          spec.commandLine(), "--url asks a running Kerf, which has a fleet: leave --fleet out.");
    }
    Manifests manifests = Manifests.parse(file, InputFile.text(file));
    for (String skipped : manifests.skipped()) {
      spec.commandLine().getErr().println("kerf explain: " + skipped + " makes no pods; skipped.");
    }
    for (String unread : manifests.unread()) {
      spec.commandLine()
          .getErr()
          .println(
              "kerf explain: " + unread + " asks for resources without a pod template; not read.");
    }
    if (manifests.found().isEmpty()) {
      throw new IOException("There is no pod in " + file + ".");
    }
    print(manifests, way());
    return 0;
  }

  private Way way() throws IOException {
    URI asked = url;
    try {
      return asked != null
          ? new Asking(asked)
          : new Trying(fleet == null ? FleetFile.standard() : FleetFile.read(fleet));
    } catch (FleetException e) {
      throw new IOException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private void print(Manifests manifests, Way way) throws IOException {
    List<Object> pods = new ArrayList<>();
    for (Manifests.Found each : manifests.found()) {
      if (json) {
        Map<String, Object> pod = new LinkedHashMap<>();
        pod.put("from", each.from());
        pod.putAll(way.json(each.pod()));
        pods.add(pod);
      } else {
        spec.commandLine().getOut().print(way.text(each.from(), each.pod()));
      }
    }
    if (json) {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("v", 1);
      all.put("pods", pods);
      spec.commandLine().getOut().println(JSON.writeValueAsString(all));
    }
    spec.commandLine().getOut().flush();
  }

  /** Tries an empty fleet in this process. */
  private static final class Trying implements Way {
    private final Explainer explainer;

    Trying(List<NodeSpec> nodes) {
      Fleet empty = new Fleet();
      nodes.forEach(empty::put);
      this.explainer = new Explainer(empty, () -> Prices.neutral(empty.models()));
    }

    private Explanation explain(ObjectNode pod) throws IOException {
      try (JsonParser parser = pod.traverse()) {
        Reading reading = Dialects.all().read(PodReader.readDocument(parser));
        Explanation explanation =
            reading.isNonsense()
                ? Explanation.refused(reading.problems())
                : explainer.explain(reading.demand());
        return explanation.in(reading.dialect());
      } catch (WireException e) {
        return Explanation.refused(List.of(String.valueOf(e.getMessage())));
      }
    }

    @Override
    public Map<String, Object> json(ObjectNode pod) throws IOException {
      return ExplanationJson.of(explain(pod));
    }

    @Override
    public String text(String name, ObjectNode pod) throws IOException {
      return ExplanationText.of(name, explain(pod));
    }
  }

  /** Asks a Kerf that runs. */
  private static final class Asking implements Way {
    private final URI url;

    Asking(URI url) {
      this.url = url;
    }

    private JsonNode ask(ObjectNode pod) throws IOException {
      try (HttpConnection connection = new HttpConnection(url, TIMEOUT_MILLIS)) {
        byte[] body = JSON.writeValueAsBytes(pod);
        int status = connection.post("/api/v1/explain", body, body.length);
        if (status != 200) {
          throw new IOException(url + " answers with " + status + ": " + connection.text());
        }
        return JSON.readTree(connection.body(), 0, connection.length());
      } catch (ConnectException e) {
        throw new IOException(
            "Kerf does not answer at " + url + ".\nMaybe start kerf demo, or leave --url out.", e);
      }
    }

    @Override
    @SuppressWarnings("unchecked")
    public Map<String, Object> json(ObjectNode pod) throws IOException {
      return JSON.convertValue(ask(pod), LinkedHashMap.class);
    }

    @Override
    public String text(String name, ObjectNode pod) throws IOException {
      return ExplanationText.of(name, ask(pod));
    }
  }
}
