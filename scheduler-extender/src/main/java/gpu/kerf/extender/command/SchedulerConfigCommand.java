package gpu.kerf.extender.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.schedulerconfig.SchedulerConfig;
import gpu.kerf.extender.schedulerconfig.SchedulerConfigCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kerf scheduler-config}: the configuration of the kube-scheduler that Kerf extends. */
@Command(
    name = "scheduler-config",
    description = {
      "Prints the configuration with which a stock kube-scheduler calls Kerf, or checks one.",
      "",
      "kube-scheduler takes the configuration with --config FILE and reads it once, at its start.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class SchedulerConfigCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--check",
      paramLabel = "FILE",
      description = "Check this file and list every problem, instead of printing a configuration.")
  private @Nullable Path check;

  @Option(
      names = "--scheduler-name",
      paramLabel = "NAME",
      defaultValue = "kerf",
      description = "The schedulerName of Kerf's pods. Default: ${DEFAULT-VALUE}.")
  private String schedulerName = "";

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8880",
      description = {"The URL of kerf serve.", "Default: ${DEFAULT-VALUE}."})
  private String url = "";

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      defaultValue = "kerf-system",
      description = "The namespace of the leader's lease. Default: ${DEFAULT-VALUE}.")
  private String namespace = "";

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      defaultValue = "",
      description = "The kubeconfig of kube-scheduler. Default: the pod's credentials.")
  private String kubeconfig = "";

  @Option(
      names = "--no-leader-election",
      description =
          "Leave leader election out, for a kube-scheduler that never has a second replica.")
  private boolean alone;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      defaultValue = "",
      description = "The certificate authority of Kerf's certificate, if the URL is https.")
  private String authority = "";

  @Option(
      names = "--cert-file",
      paramLabel = "FILE",
      defaultValue = "",
      description = "The client certificate of kube-scheduler.")
  private String certificate = "";

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      defaultValue = "",
      description = "The key of the client certificate.")
  private String key = "";

  @Option(
      names = "--dra",
      description =
          "For a cluster where a DRA driver hands out GPUs of some nodes: kube-scheduler has to"
              + " wait longer for Kerf (httpTimeout).")
  private boolean dra;

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    return check == null ? print() : check(check);
  }

  private Duration timeout() {
    return dra ? SchedulerConfig.TIMEOUT_WITH_CLAIMS : SchedulerConfig.TIMEOUT;
  }

  private int print() throws JsonProcessingException {
    String yaml =
        SchedulerConfig.yaml(
            new SchedulerConfig.Options(
                schedulerName, url, namespace, kubeconfig, !alone, authority, certificate, key),
            timeout());
    String text = json ? new YAMLMapper().readTree(yaml) + "\n" : yaml;
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private int check(Path file) throws IOException {
    JsonNode config;
    try {
      config = new YAMLMapper().readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new IOException("There is no file " + file + ".", e);
    } catch (JsonProcessingException e) {
      throw new IOException("The file " + file + " is not YAML: " + e.getOriginalMessage(), e);
    }
    List<SchedulerConfigCheck.Problem> problems =
        SchedulerConfigCheck.problems(config, schedulerName, timeout());
    if (json) {
      spec.commandLine().getOut().println(asJson(problems));
      spec.commandLine().getOut().flush();
    } else {
      problems.forEach(problem -> spec.commandLine().getErr().println("kerf: " + problem));
      spec.commandLine().getErr().flush();
    }
    return problems.isEmpty() ? 0 : 1;
  }

  private static ObjectNode asJson(List<SchedulerConfigCheck.Problem> problems) {
    ObjectNode answer = JSON.createObjectNode().put("ok", problems.isEmpty());
    ArrayNode list = answer.putArray("problems");
    for (SchedulerConfigCheck.Problem problem : problems) {
      list.addObject()
          .put("path", problem.path())
          .put("value", problem.value())
          .put("what", problem.what())
          .put("hint", problem.hint());
    }
    return answer;
  }
}
