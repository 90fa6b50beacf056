package gpu.kerf.extender.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.model.team.Division;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamRules;
import gpu.kerf.model.team.TeamTree;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kerf teams divide}: what each team of a file should hold. */
@Command(
    name = "divide",
    description = {
      "Divides GPUs among the teams of a file and prints the share of each.",
      "",
      "Guarantees come first, then the rest by priority and weight. The file is JSON: {\"total\":"
          + " \"24\", \"teams\": [{\"name\": \"research\", \"guarantee\": \"6\", \"weight\": 2,"
          + " \"asks\": \"20\"}]}. A team may also have a parent, a limit and a priority.",
      ""
    },
    mixinStandardHelpOptions = true)
final class TeamsDivideCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "The GPUs and the teams; - reads stdin.")
  private String file = "";

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    DivisionInput input = DivisionInput.parse(file, InputFile.text(file));
    note(input);
    Map<String, GpuAmount> shares = Division.of(input.tree(), input.total(), input.asks());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, String> texts = new LinkedHashMap<>();
      shares.forEach((team, share) -> texts.put(team, share.toString()));
      out.println(JSON.writeValueAsString(Map.of("shares", texts)));
    } else {
      out.print(DivisionText.of(input, shares));
    }
    out.flush();
    return 0;
  }

  /** What does not stop the division but probably is not meant. */
  private void note(DivisionInput input) {
    PrintWriter err = spec.commandLine().getErr();
    TeamTree tree = input.tree();
    TeamRules.promises(tree).forEach(problem -> err.println("kerf teams divide: note: " + problem));
    long promised = tree.roots().stream().mapToLong(team -> team.guarantee().milli()).sum();
    if (promised > input.total().milli()) {
      err.println(
          "kerf teams divide: note: the teams at the top are guaranteed more than the total ("
              + input.total()
              + ").");
    }
    for (Team team : tree.inOrder()) {
      if (!tree.children(team).isEmpty() && input.asks().containsKey(team.name())) {
        err.println(
            "kerf teams divide: note: team "
                + team.name()
                + " has children, so their asks count and its own does not.");
      }
    }
    err.flush();
  }
}
