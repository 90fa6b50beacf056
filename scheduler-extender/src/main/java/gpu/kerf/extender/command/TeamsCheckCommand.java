package gpu.kerf.extender.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.team.InputProblems.Problem;
import gpu.kerf.extender.team.TeamManifests;
import gpu.kerf.extender.team.TeamSpec;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf teams check}: whether manifests of Teams are right. */
@Command(
    name = "check",
    description = {
      "Checks manifests of Teams and lists every problem at once.",
      "",
      "It reads YAML or JSON, several documents in one file. Objects that are no Teams are"
          + " skipped.",
      ""
    },
    mixinStandardHelpOptions = true)
final class TeamsCheckCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-f", "--file"},
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files with Teams, which are checked together; - reads stdin.")
  private List<String> files = List.of();

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description = {
        "Say what holds for each team at this time, which windows are open, and when that changes,",
        "and check the guarantees of then.",
        "The time has an offset, such as 2026-11-30T21:00:00+01:00."
      })
  private @Nullable String at;

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Instant moment = at == null ? null : moment(at);
    TeamManifests manifests = new TeamManifests();
    for (String file : files) {
      manifests.read(file, InputFile.text(file));
    }
    manifests.checkTogether(moment);
    PrintWriter err = spec.commandLine().getErr();
    manifests.skipped().forEach(each -> err.println("kerf teams check: " + each + " is no Team."));
    if (manifests.teams().isEmpty() && manifests.problems().isEmpty()) {
      throw new IOException("There is no Team in " + String.join(", ", files) + ".");
    }
    print(manifests, moment);
    return manifests.problems().isEmpty() ? 0 : 1;
  }

  private Instant moment(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--at ("
              + text
              + ") is no time with an offset.\nWrite it like 2026-11-30T21:00:00+01:00.",
          e);
    }
  }

  private void print(TeamManifests manifests, @Nullable Instant moment) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JSON.writeValueAsString(asJson(manifests, moment)));
      out.flush();
      return;
    }
    PrintWriter err = spec.commandLine().getErr();
    manifests.problems().forEach(problem -> err.println("kerf: " + problem));
    err.flush();
    if (manifests.problems().isEmpty()) {
      out.println("The Teams are valid: " + manifests.teams().size() + ".");
    }
    if (moment != null) {
      for (TeamSpec manifest : manifests.teams()) {
        printWindows(out, manifest, moment);
        out.println(manifest.name() + ": " + TeamMoment.of(manifest, moment).text() + ".");
      }
    }
    out.flush();
  }

  private static void printWindows(PrintWriter out, TeamSpec manifest, Instant moment) {
    for (TeamSpec.Window window : manifest.windows()) {
      String state = window.time().isOpen(moment) ? "open" : "closed";
      out.println(manifest.name() + ": window " + window.name() + " is " + state + ".");
    }
  }

  private static ObjectNode asJson(TeamManifests manifests, @Nullable Instant moment) {
    ObjectNode answer = JSON.createObjectNode();
    answer.put("ok", manifests.problems().isEmpty()).put("teams", manifests.teams().size());
    ArrayNode problems = answer.putArray("problems");
    for (Problem problem : manifests.problems()) {
      problems
          .addObject()
          .put("file", problem.file())
          .put("path", problem.path())
          .put("value", problem.value())
          .put("what", problem.what())
          .put("hint", problem.hint());
    }
    if (moment != null) {
      answer.set("windows", windows(manifests, moment));
      ArrayNode terms = answer.putArray("terms");
      manifests.teams().forEach(team -> TeamMoment.of(team, moment).writeTo(terms.addObject()));
    }
    return answer;
  }

  private static ArrayNode windows(TeamManifests manifests, Instant moment) {
    ArrayNode windows = JSON.createArrayNode();
    for (TeamSpec manifest : manifests.teams()) {
      for (TeamSpec.Window window : manifest.windows()) {
        windows
            .addObject()
            .put("team", manifest.name())
            .put("window", window.name())
            .put("open", window.time().isOpen(moment));
      }
    }
    return windows;
  }
}
