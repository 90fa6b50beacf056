package gpu.kerf.bench.replay.teams;

import gpu.kerf.bench.replay.Output;
import gpu.kerf.bench.replay.TextTable;
import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.team.TurnRules;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf replay teams}: plays the jobs of teams under policies for who goes first. */
@Command(
    name = "teams",
    description = {
      "Replays the jobs of teams that share GPUs: which waiting job goes first, and which running job"
          + " is evicted.",
      "",
      "A job is one JSON object per line: id, team (one without children), arrivalMs, runMs, pods"
          + " (more than 1 is a gang, which starts whole), and for each pod memoryMiB or whole;"
          + " optional are smPercent, wall, priority and evictable. Time 0 is a Monday 00:00 in the"
          + " time zone of the teams' windows. An evicted job starts again from the beginning.",
      "",
      "Policies:",
      "  kerf      guarantees, shares, gangs and reclaim, as the service does",
      "  fifo      strictly in order of arrival",
      "  firstfit  any job that fits, by priority and then in order of arrival",
      "  static    any job that fits within the guarantee of its team",
      "",
      "Utilisation counts what jobs hold until the last one has come. The share error is, at each"
          + " minute and for each team with waiting jobs, how much more of its share the team could"
          + " hold with the jobs that wait; the 95th percentile is printed.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  kerf replay make-teams --shape bank --seed 1 --out bank",
      "  kerf replay teams --fleet bank/fleet.yaml --teams bank/teams.yaml --jobs bank/jobs.jsonl",
    })
public final class ReplayTeamsCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Output output = new Output();

  @Option(
      names = "--fleet",
      paramLabel = "FILE",
      required = true,
      description = "The nodes, in the form of the demo's fleet.")
  private Path fleetFile = Path.of("");

  @Option(
      names = "--teams",
      paramLabel = "FILE",
      required = true,
      description = "Team manifests in one YAML stream.")
  private Path teamFile = Path.of("");

  @Option(
      names = "--jobs",
      paramLabel = "FILE",
      required = true,
      description = "The jobs, one object per line.")
  private Path jobFile = Path.of("");

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description =
          "kerf, fifo, firstfit or static. Default: all side by side; --json then prints kerf's"
              + " results, and those of the others under \"comparison\".")
  private @Nullable String policyName;

  @Option(
      names = "--patience",
      paramLabel = "MINUTES",
      defaultValue = "30",
      description =
          "After which time a place is drained for a job that waits, under kerf. Default:"
              + " ${DEFAULT-VALUE}.")
  private int patience;

  @Option(
      names = "--reclaim",
      paramLabel = "WHAT",
      defaultValue = "guarantee",
      description =
          "What evictions restore under kerf: guarantee or share. Default: ${DEFAULT-VALUE}.")
  private String reclaim = "";

  @Override
  public Integer call() throws IOException {
    List<TeamPolicy> policies = policies();
    TurnRules rules = rules();
    List<NodeSpec> fleet = FleetFile.read(fleetFile);
    TeamFile teams = TeamFile.read(teamFile);
    List<TeamJob> jobs = TeamJobFile.read(jobFile, teams.leaves());
    Map<TeamPolicy, Map<String, Object>> results = new EnumMap<>(TeamPolicy.class);
    for (TeamPolicy policy : policies) {
      output.progress("playing %,d jobs under %s".formatted(jobs.size(), policy.word()));
      TeamsReplay replay = new TeamsReplay(fleet, teams, jobs, policy, rules, output::progress);
      Map<String, Object> result = replay.run().json();
      note(policy, result);
      results.put(policy, result);
    }
    if (output.isJson()) {
      output.printJson(json(policies, results));
    } else {
      print(results);
    }
    return 0;
  }

  private List<TeamPolicy> policies() {
    if (policyName == null) {
      return List.of(TeamPolicy.values());
    }
    TeamPolicy policy = TeamPolicy.of(policyName);
    if (policy == null) {
      throw new ParameterException(
          spec.commandLine(),
          "The policy (%s) is not known.%nThe policies of kerf replay teams are: %s."
              .formatted(policyName, TeamPolicy.words()));
    }
    return List.of(policy);
  }

  private TurnRules rules() {
    if (patience < 0 || patience > 100_000) {
      throw new ParameterException(
          spec.commandLine(),
          "The --patience (%d) must be between 0 and 100000.".formatted(patience));
    }
    for (TurnRules.Mode mode : TurnRules.Mode.values()) {
      if (mode.word().equals(reclaim)) {
        return new TurnRules(mode, Duration.ofMinutes(patience));
      }
    }
    throw new ParameterException(
        spec.commandLine(),
        "The --reclaim (%s) is not known.%nWrite guarantee or share.".formatted(reclaim));
  }

  private void note(TeamPolicy policy, Map<String, Object> result) {
    Object never = result.get("neverStartedJobs");
    if (!Objects.equals(never, 0L)) {
      output.progress(
          "note: under %s, %s jobs never ran, and %s of them fit on no fleet like this"
              .formatted(policy.word(), never, result.get("impossibleJobs")));
    }
  }

  private static Map<String, Object> json(
      List<TeamPolicy> policies, Map<TeamPolicy, Map<String, Object>> results) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("policy", policies.get(0).word());
    json.putAll(Objects.requireNonNull(results.get(policies.get(0))));
    if (policies.size() > 1) {
      Map<String, Object> others = new LinkedHashMap<>();
      for (TeamPolicy policy : policies.subList(1, policies.size())) {
        others.put(policy.word(), results.get(policy));
      }
      json.put("comparison", others);
    }
    return json;
  }

  private void print(Map<TeamPolicy, Map<String, Object>> results) {
    PrintWriter out = output.results();
    TextTable table =
        new TextTable(
            List.of(
                "policy",
                "util %",
                "wait s",
                "p95 s",
                "p99 s",
                "longest s",
                "share error",
                "evicted",
                "lost h",
                "done h",
                "torn",
                "never"));
    results.forEach((policy, result) -> table.add(row(policy.word(), result)));
    table.print(out);
    results.forEach(
        (policy, result) -> {
          out.println();
          TextTable teams =
              new TextTable(
                  List.of(
                      policy.word(),
                      "jobs",
                      "wait s",
                      "p95 s",
                      "p99 s",
                      "longest s",
                      "share error",
                      "evicted",
                      "lost h",
                      "done h",
                      "never"));
          ((Map<?, ?>) Objects.requireNonNull(result.get("teams")))
              .forEach((team, figures) -> teams.add(teamRow(team, (Map<?, ?>) figures)));
          teams.print(out);
        });
    out.flush();
  }

  private static List<String> row(String name, Map<?, ?> result) {
    return List.of(
        name,
        number(result, "utilPercent", 2, 1),
        number(result, "meanWaitMs", 0, 1000),
        number(result, "p95WaitMs", 0, 1000),
        number(result, "p99WaitMs", 0, 1000),
        number(result, "longestWaitMs", 0, 1000),
        number(result, "shareErrorP95Gpus", 3, 1),
        number(result, "evictions", 0, 1),
        number(result, "lostGpuHours", 1, 1),
        number(result, "doneGpuHours", 1, 1),
        number(result, "tornGangs", 0, 1),
        number(result, "neverStartedJobs", 0, 1));
  }

  private static List<String> teamRow(Object team, Map<?, ?> result) {
    return List.of(
        String.valueOf(team),
        number(result, "jobs", 0, 1),
        number(result, "meanWaitMs", 0, 1000),
        number(result, "p95WaitMs", 0, 1000),
        number(result, "p99WaitMs", 0, 1000),
        number(result, "longestWaitMs", 0, 1000),
        number(result, "shareErrorP95Gpus", 3, 1),
        number(result, "evictions", 0, 1),
        number(result, "lostGpuHours", 1, 1),
        number(result, "doneGpuHours", 1, 1),
        number(result, "neverStarted", 0, 1));
  }

  private static String number(Map<?, ?> result, String key, int decimals, double unit) {
    Number value = (Number) Objects.requireNonNull(result.get(key));
    return TextTable.decimals(decimals, value.doubleValue() / unit);
  }
}
