package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.DecisionTimes;
import gpu.kerf.bench.replay.Output;
import gpu.kerf.bench.replay.Playing;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.bench.replay.PolicyOption;
import gpu.kerf.bench.replay.Rounding;
import gpu.kerf.bench.replay.TextTable;
import gpu.kerf.model.fleet.Fleet;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code kerf replay jobs}: plays jobs with work to do on MIG instances under placement policies.
 */
@Command(
    name = "jobs",
    description = {
      "Replays timed jobs that wait in a queue with backfill and run on MIG instances.",
      "",
      "A job's memory selects its profile:",
      "  10240 MB: 1g.10gb; 20480 MB: 2g.20gb; 40960 MB: 3g.40gb; 81920 MB: 7g.80gb",
      "A job runs for computeCoreMS / percent, rounded up, where percent is the profile's part of the"
          + " GPU's compute: 14, 28, 42, 100. When a job arrives or ends, kerf chooses which of the"
          + " waiting jobs start. The other policies try all waiting jobs in order of arrival."
          + " No policy knows how long a job runs. Creating and deleting instances takes no time.",
      "Utilisation is measured from 30 s to the last arrival, or over the whole time if the last job"
          + " arrives earlier. The oracle starts every job that would fit if all instances could be"
          + " moved at any time at no cost.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  kerf replay make-jobs --seed 1 --jobs 500 --load 1.4 > jobs.jsonl",
      "  kerf replay jobs --jobs jobs.jsonl --gpus 8",
      "  kerf replay jobs --jobs jobs.jsonl --gpus 8 --policy bf-hami --json"
    })
public final class JobsCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private PolicyOption policy = new PolicyOption();
  @Mixin private Output output = new Output();

  @Option(
      names = "--jobs",
      paramLabel = "FILE",
      required = true,
      description = "The jobs, one object per line: jobID, computeCoreMS, memoryMB, arrivalMS.")
  private Path file = Path.of("");

  @Option(
      names = "--gpus",
      paramLabel = "N",
      defaultValue = "8",
      description = "How many H100-80GB, 8 per node. Default: ${DEFAULT-VALUE}.")
  private int gpus;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "The seed of the policy \"random\". Default: ${DEFAULT-VALUE}.")
  private long seed;

  /** What one policy made of the jobs. */
  private record Result(JobQueue.Outcome outcome, DecisionTimes times) {}

  @Override
  public Integer call() throws IOException {
    if (gpus < 1 || gpus > Card.MOST_GPUS) {
      throw new ParameterException(
          spec.commandLine(),
          "The --gpus (%d) must be between 1 and %,d.".formatted(gpus, Card.MOST_GPUS));
    }
    List<PolicyName> policies = policy.among(MigPolicies.ALL);
    List<Job> jobs = JobFile.read(file);
    Map<PolicyName, Result> results = new EnumMap<>(PolicyName.class);
    for (PolicyName name : policies) {
      output.progress("running " + jobs.size() + " jobs under " + name.word());
      results.put(name, run(jobs, name));
    }
    JobQueue.Outcome oracle = JobQueue.runWithFreeRepacking(jobs, gpus);
    if (output.isJson()) {
      output.printJson(json(jobs, policies, results, oracle));
    } else {
      print(jobs, results, oracle);
    }
    return 0;
  }

  private Result run(List<Job> jobs, PolicyName name) {
    Fleet fleet = Card.fleet(gpus);
    Playing playing = new Playing(fleet, MigPolicies.makeForLine(name, fleet, mix(jobs), seed));
    return new Result(JobQueue.run(jobs, gpus, playing), playing.times());
  }

  private static ProfileMix mix(List<Job> jobs) {
    int[] counts = new int[Card.PROFILES];
    jobs.forEach(job -> counts[job.profile()]++);
    return ProfileMix.of("of the jobs", counts);
  }

  /** How much compute the jobs ask for until the last one arrives, as a part of what there is. */
  private double offeredLoad(List<Job> jobs) {
    double asked = 0;
    for (Job job : jobs) {
      asked += (double) job.runMs() * Card.computeSlices(job.profile());
    }
    long span = Math.max(1, jobs.get(jobs.size() - 1).arrivalMs() - jobs.get(0).arrivalMs());
    return Rounding.hundredths(asked / span / ((double) gpus * Card.COMPUTE_SLICES));
  }

  private Map<String, Object> json(
      List<Job> jobs,
      List<PolicyName> policies,
      Map<PolicyName, Result> results,
      JobQueue.Outcome oracle) {
    PolicyName first = policies.get(0);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("policy", first.word());
    json.put("jobs", file.toString());
    json.put("jobCount", jobs.size());
    json.put("gpus", gpus);
    json.put("offeredLoad", offeredLoad(jobs));
    json.putAll(json(Objects.requireNonNull(results.get(first))));
    json.put("oracleGpcUtilPercent", Rounding.hundredths(oracle.gpcUtilPercent));
    json.put("oracleMemUtilPercent", Rounding.hundredths(oracle.memUtilPercent));
    json.put("oracleMeanWaitMs", Math.rint(oracle.meanWaitMs()));
    json.put("oracleP95WaitMs", oracle.waitMs(95));
    json.put("oracleP99WaitMs", oracle.waitMs(99));
    if (!policy.isNamed()) {
      Map<String, Object> others = new LinkedHashMap<>();
      for (PolicyName name : policies.subList(1, policies.size())) {
        others.put(name.word(), json(Objects.requireNonNull(results.get(name))));
      }
      json.put("comparison", others);
    }
    return json;
  }

  private static Map<String, Object> json(Result result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("gpcUtilPercent", Rounding.hundredths(result.outcome().gpcUtilPercent));
    json.put("memUtilPercent", Rounding.hundredths(result.outcome().memUtilPercent));
    json.put("meanWaitMs", Math.rint(result.outcome().meanWaitMs()));
    json.put("p95WaitMs", result.outcome().waitMs(95));
    json.put("p99WaitMs", result.outcome().waitMs(99));
    result.times().describe(json);
    return json;
  }

  private void print(List<Job> jobs, Map<PolicyName, Result> results, JobQueue.Outcome oracle) {
    PrintWriter out = output.results();
    out.printf(
        "%,d jobs on %,d H100-80GB, offered load %s%n%n",
        jobs.size(), gpus, TextTable.decimals(2, offeredLoad(jobs)));
    TextTable table =
        new TextTable(
            List.of(
                "policy", "GPC %", "memory %", "wait s", "p95 s", "p99 s", "µs mean", "µs p99"));
    results.forEach(
        (name, result) -> {
          List<String> row = new ArrayList<>(row(name.word(), result.outcome()));
          row.add(TextTable.decimals(2, result.times().meanMicros()));
          row.add(TextTable.decimals(2, result.times().percentileMicros(99)));
          table.add(row);
        });
    table.add(row("oracle", oracle));
    table.print(out);
  }

  private static List<String> row(String name, JobQueue.Outcome outcome) {
    return List.of(
        name,
        TextTable.decimals(2, outcome.gpcUtilPercent),
        TextTable.decimals(2, outcome.memUtilPercent),
        TextTable.decimals(1, outcome.meanWaitMs() / 1000),
        TextTable.decimals(1, outcome.waitMs(95) / 1000.0),
        TextTable.decimals(1, outcome.waitMs(99) / 1000.0));
  }
}
