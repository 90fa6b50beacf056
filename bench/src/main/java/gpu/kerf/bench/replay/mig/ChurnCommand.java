package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.DecisionTimes;
import gpu.kerf.bench.replay.Output;
import gpu.kerf.bench.replay.Playing;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.bench.replay.PolicyOption;
import gpu.kerf.bench.replay.Rounding;
import gpu.kerf.bench.replay.TextTable;
import gpu.kerf.model.fleet.Fleet;
import java.io.PrintWriter;
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
 * {@code kerf replay mig-churn}: plays random requests for MIG profiles under placement policies.
 */
@Command(
    name = "mig-churn",
    description = {
      "Replays random requests for MIG profiles that come and go.",
      "",
      "One request arrives per slot of time, stays for a while, and leaves. A request that fits"
          + " nowhere is lost. Together the requests ask for about as much as the GPUs have.",
      "",
      "T0 is the number of requests that ask for all memory slices once. A run has 5 T0 requests;"
          + " each stays for 1 to 2 T0 slots; the slots from 2 T0 on are measured. Run r draws from"
          + " java.util.Random(seed + r), with r from 0: first all profiles, then all durations.",
      "The oracle accepts every request that would fit if all instances could be moved at any time"
          + " at no cost. Moved is the number of accepted instances that a policy moved later; no"
          + " policy here moves any.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  kerf replay mig-churn --gpus 64 --mix all --runs 60",
      "  kerf replay mig-churn --gpus 64 --mix skew-big --runs 10 --seed 1000 \\",
      "    --policy mfi --json"
    })
public final class ChurnCommand implements Callable<Integer> {

  private static final int MOST_RUNS = 1_000_000;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private PolicyOption policy = new PolicyOption();
  @Mixin private Output output = new Output();

  @Option(
      names = "--gpus",
      paramLabel = "N",
      defaultValue = "64",
      description = "How many H100-80GB, 8 per node. Default: ${DEFAULT-VALUE}.")
  private int gpus;

  @Option(
      names = "--mix",
      paramLabel = "NAME",
      defaultValue = "all",
      description = {
        "How often each profile is asked for: uniform, skew-small, skew-big, bimodal, migbench6,"
            + " migbench4, or all of these one after the other. Default: ${DEFAULT-VALUE}."
      })
  private String mix = "";

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many runs; the results are means over them. Default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1000",
      description = "The seed of the first run. Default: ${DEFAULT-VALUE}.")
  private long seed;

  /** Means over runs; {@code times} are all decisions. */
  private record Means(double memoryUtil, double acceptance, DecisionTimes times) {}

  @Override
  public Integer call() {
    refuseOutside("--gpus", gpus, Card.MOST_GPUS);
    refuseOutside("--runs", runs, MOST_RUNS);
    List<ProfileMix> mixes = mixes();
    List<PolicyName> policies = policy.among(MigPolicies.ALL);
    Map<PolicyName, List<Means>> results = new EnumMap<>(PolicyName.class);
    for (PolicyName name : policies) {
      output.progress("playing " + runs + " runs of " + mixes.size() + " mixes: " + name.word());
      results.put(name, mixes.stream().map(each -> play(name, each)).toList());
    }
    List<Means> oracle = mixes.stream().map(this::playOracle).toList();
    if (output.isJson()) {
      output.printJson(json(mixes, policies, results, oracle));
    } else {
      print(mixes, results, oracle);
    }
    return 0;
  }

  private void refuseOutside(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new ParameterException(
          spec.commandLine(),
          "The %s (%d) must be between 1 and %,d.".formatted(option, value, most));
    }
  }

  private List<ProfileMix> mixes() {
    if (mix.equals("all")) {
      return ProfileMix.ALL;
    }
    for (ProfileMix each : ProfileMix.ALL) {
      if (each.word().equals(mix)) {
        return List.of(each);
      }
    }
    throw new ParameterException(
        spec.commandLine(),
        "The --mix (%s) is not known.%nWrite one of %s, or all."
            .formatted(mix, String.join(", ", ProfileMix.words())));
  }

  private Means play(PolicyName name, ProfileMix each) {
    DecisionTimes times = new DecisionTimes();
    double util = 0;
    double acceptance = 0;
    for (int run = 0; run < runs; run++) {
      Fleet fleet = Card.fleet(gpus);
      Playing playing = new Playing(fleet, MigPolicies.make(name, fleet, each, seed + run));
      Churn.Outcome outcome = new Churn(gpus, each, seed + run).play(playing);
      util += outcome.memoryUtilPercent(gpus) / runs;
      acceptance += outcome.acceptancePercent() / runs;
      times.addAll(playing.times());
    }
    return new Means(util, acceptance, times);
  }

  private Means playOracle(ProfileMix each) {
    double util = 0;
    double acceptance = 0;
    for (int run = 0; run < runs; run++) {
      Churn.Outcome outcome = new Churn(gpus, each, seed + run).playWithFreeRepacking();
      util += outcome.memoryUtilPercent(gpus) / runs;
      acceptance += outcome.acceptancePercent() / runs;
    }
    return new Means(util, acceptance, new DecisionTimes());
  }

  /** The mean over mixes. */
  private static Means mean(List<Means> all) {
    DecisionTimes times = new DecisionTimes();
    all.forEach(one -> times.addAll(one.times()));
    return new Means(
        all.stream().mapToDouble(Means::memoryUtil).average().orElse(0),
        all.stream().mapToDouble(Means::acceptance).average().orElse(0),
        times);
  }

  private Map<String, Object> json(
      List<ProfileMix> mixes,
      List<PolicyName> policies,
      Map<PolicyName, List<Means>> results,
      List<Means> oracle) {
    Map<String, Object> json = new LinkedHashMap<>();
    PolicyName first = policies.get(0);
    json.put("policy", first.word());
    json.put("gpus", gpus);
    json.put("mix", mix);
    json.put("runs", runs);
    json.put("seed", seed);
    json.putAll(json(mixes, Objects.requireNonNull(results.get(first)), oracle));
    if (!policy.isNamed()) {
      Map<String, Object> others = new LinkedHashMap<>();
      for (PolicyName name : policies.subList(1, policies.size())) {
        others.put(name.word(), json(mixes, Objects.requireNonNull(results.get(name)), oracle));
      }
      json.put("comparison", others);
    }
    return json;
  }

  private static Map<String, Object> json(
      List<ProfileMix> mixes, List<Means> results, List<Means> oracle) {
    Map<String, Object> json = json(mean(results), mean(oracle));
    if (mixes.size() > 1) {
      Map<String, Object> each = new LinkedHashMap<>();
      for (int i = 0; i < mixes.size(); i++) {
        each.put(mixes.get(i).word(), json(results.get(i), oracle.get(i)));
      }
      json.put("mixes", each);
    }
    return json;
  }

  private static Map<String, Object> json(Means result, Means oracle) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("memoryUtilPercent", Rounding.hundredths(result.memoryUtil()));
    json.put("acceptancePercent", Rounding.hundredths(result.acceptance()));
    json.put("oracleMemoryUtilPercent", Rounding.hundredths(oracle.memoryUtil()));
    json.put("oracleAcceptancePercent", Rounding.hundredths(oracle.acceptance()));
    json.put("movedPercent", 0.0);
    result.times().describe(json);
    return json;
  }

  private void print(
      List<ProfileMix> mixes, Map<PolicyName, List<Means>> results, List<Means> oracle) {
    PrintWriter out = output.results();
    out.printf("%,d H100-80GB in mode mig-dynamic, %,d runs from seed %d%n%n", gpus, runs, seed);
    out.println("Memory slices in use in %, and in brackets requests accepted in %:");
    List<String> header = new ArrayList<>(List.of("policy"));
    mixes.forEach(each -> header.add(each.word()));
    header.addAll(List.of("mean", "of oracle", "µs mean", "µs p99"));
    TextTable table = new TextTable(header);
    double limit = mean(oracle).memoryUtil();
    results.forEach((name, means) -> table.add(row(name.word(), means, limit)));
    table.add(row("oracle", oracle, limit).subList(0, header.size() - 2));
    table.print(out);
  }

  private static List<String> row(String name, List<Means> means, double limit) {
    List<String> row = new ArrayList<>(List.of(name));
    means.forEach(one -> row.add(cell(one)));
    Means mean = mean(means);
    row.add(cell(mean));
    row.add(TextTable.decimals(1, 100 * mean.memoryUtil() / limit) + " %");
    row.add(TextTable.decimals(2, mean.times().meanMicros()));
    row.add(TextTable.decimals(2, mean.times().percentileMicros(99)));
    return row;
  }

  private static String cell(Means one) {
    return TextTable.decimals(2, one.memoryUtil())
        + " ("
        + TextTable.decimals(1, one.acceptance())
        + ")";
  }
}
