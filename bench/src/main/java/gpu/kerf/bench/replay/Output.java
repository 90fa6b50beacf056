package gpu.kerf.bench.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The streams for a command's results and its progress. */
public final class Output {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  public boolean isJson() {
    return json;
  }

  /** Results, to stdout. */
  public PrintWriter results() {
    return command.commandLine().getOut();
  }

  /** Tells how far the work is, to stderr. */
  public void progress(String text) {
    command.commandLine().getErr().println("kerf: " + text);
  }

  public void printJson(Map<String, Object> results) {
    try {
      results().println(MAPPER.writeValueAsString(results));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
