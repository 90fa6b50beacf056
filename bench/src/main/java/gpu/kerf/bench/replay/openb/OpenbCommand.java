package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.Output;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.bench.replay.PolicyOption;
import gpu.kerf.bench.replay.TextTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf replay openb}: plays openb traces under placement policies. */
@Command(
    name = "openb",
    description = {
      "Replays an openb trace: pods arrive one by one and stay; a pod that fits nowhere is dropped.",
      "",
      "The value at a percent of arrivals is the mean over all arrivals that round to it. Stranded"
          + " is the free part of GPUs that no usual pod could use now. Usual pods need GPUs, and"
          + " are of the most frequent kinds that together make up 95 %% of the list. Fragments is"
          + " FGD's measure: the free part that the next usual pod, with or without GPUs, is"
          + " expected not to be able to use. The bound is proven: no policy can allocate more of"
          + " the arrivals, even if it knows all of them in advance and may refuse pods.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  kerf replay openb --nodes openb_node_list_gpu_node.csv \\",
      "    --pods openb_pod_list_default.csv --order default_s42.txt",
      "  kerf replay openb --nodes nodes.csv --pods pods.csv --order order.txt \\",
      "    --policy fgd --json",
      "",
      "The traces are in hkust-adsl/kubernetes-scheduler-simulator, folder data/csv",
      "(Apache-2.0). kerf replay make-openb writes synthetic ones in the same form."
    })
public final class OpenbCommand implements Callable<Integer> {

  private static final double MOST_ARRIVALS = 10;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private PolicyOption policy = new PolicyOption();
  @Mixin private Output output = new Output();

  @Option(
      names = "--nodes",
      paramLabel = "FILE",
      required = true,
      description = "The fleet: sn, cpu_milli, memory_mib, gpu, model.")
  private Path nodes = Path.of("");

  @Option(
      names = "--pods",
      paramLabel = "FILE",
      required = true,
      description =
          "The pods: name, cpu_milli, memory_mib, num_gpu, gpu_milli; gpu_spec is optional.")
  private Path pods = Path.of("");

  @Option(
      names = "--order",
      paramLabel = "FILE",
      required = true,
      description = "The arrivals: one row number of the pods per line, counted from 0.")
  private Path order = Path.of("");

  @Option(
      names = "--upto",
      paramLabel = "N",
      defaultValue = "1.00",
      description =
          "Stop when the arrivals ask for this part of all GPUs. Default: ${DEFAULT-VALUE}.")
  private double upto;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "The seed of the policy \"random\". Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    if (!(upto >= 0.01 && upto <= MOST_ARRIVALS)) {
      throw new ParameterException(
          spec.commandLine(),
          "The --upto (" + upto + ") must be between 0.01 and 10.\nWrite 1.00 for 100 %.");
    }
    List<PolicyName> policies = policy.among(OpenbReplay.POLICIES);
    OpenbTrace trace = OpenbTrace.read(nodes, pods, order);
    OpenbReplay replay = new OpenbReplay(trace, lastPercent());
    Map<PolicyName, OpenbReplay.Result> results = new EnumMap<>(PolicyName.class);
    for (PolicyName name : policies) {
      output.progress("playing " + trace.arrivals().size() + " arrivals under " + name.word());
      results.put(name, replay.play(name, seed));
    }
    output.progress("working out the bound");
    Map<Integer, Double> bound = new UpperBound(trace, lastPercent()).percents();
    if (output.isJson()) {
      output.printJson(json(trace, policies, results, bound));
    } else {
      print(trace, results, bound);
    }
    return 0;
  }

  private int lastPercent() {
    return (int) Math.rint(upto * 100);
  }

  private Map<String, Object> json(
      OpenbTrace trace,
      List<PolicyName> policies,
      Map<PolicyName, OpenbReplay.Result> results,
      Map<Integer, Double> bound) {
    Map<String, Object> json = new LinkedHashMap<>();
    PolicyName first = policies.get(0);
    json.put("policy", first.word());
    json.put("nodes", nodes.toString());
    json.put("pods", pods.toString());
    json.put("order", order.toString());
    json.put("nodeCount", trace.nodes().size());
    json.put("gpuCount", trace.capacity() / Ask.WHOLE);
    json.put("podCount", trace.pods().size());
    json.putAll(json(Objects.requireNonNull(results.get(first))));
    json.put("boundPercent", bound);
    if (!policy.isNamed()) {
      Map<String, Object> others = new LinkedHashMap<>();
      for (PolicyName name : policies.subList(1, policies.size())) {
        others.put(name.word(), json(Objects.requireNonNull(results.get(name))));
      }
      json.put("comparison", others);
    }
    return json;
  }

  private static Map<String, Object> json(OpenbReplay.Result result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("arrivalCount", result.arrivals());
    json.put("placedCount", result.placed());
    json.put("allocatedPercent", result.allocated().values());
    json.put("strandedPercent", result.stranded().values());
    json.put("fragmentsPercent", result.fragments().values());
    result.times().describe(json);
    return json;
  }

  private void print(
      OpenbTrace trace, Map<PolicyName, OpenbReplay.Result> results, Map<Integer, Double> bound) {
    PrintWriter out = output.results();
    OpenbReplay.Result any = results.values().iterator().next();
    int last = any.allocated().reached();
    out.printf(
        "%,d nodes, %,d GPUs, %,d pods listed, %,d arrivals (%s)%n%n",
        trace.nodes().size(),
        trace.capacity() / Ask.WHOLE,
        trace.pods().size(),
        any.arrivals(),
        order);
    out.println("GPUs allocated in %, when arrivals have asked for this % of all GPUs:");
    List<Integer> percents = percents(last);
    List<String> header = new ArrayList<>(List.of("policy"));
    percents.forEach(percent -> header.add(Integer.toString(percent)));
    header.addAll(List.of("stranded", "fragments", "dropped", "µs mean", "µs p99"));
    TextTable table = new TextTable(header);
    results.forEach((name, result) -> table.add(row(name, result, percents, last)));
    List<String> limit = new ArrayList<>(List.of("bound"));
    percents.forEach(percent -> limit.add(TextTable.decimals(2, bound.getOrDefault(percent, 0.0))));
    table.add(limit);
    table.print(out);
    out.printf("%nStranded and fragments: in %% of all GPUs, at %d %%.%n", last);
    out.println("Bound: no policy can allocate more, even one that knows all arrivals ahead.");
  }

  private static List<String> row(
      PolicyName name, OpenbReplay.Result result, List<Integer> percents, int last) {
    List<String> row = new ArrayList<>(List.of(name.word()));
    percents.forEach(percent -> row.add(TextTable.decimals(2, result.allocated().at(percent))));
    row.add(TextTable.decimals(2, result.stranded().at(last)));
    row.add(TextTable.decimals(2, result.fragments().at(last)));
    row.add(TextTable.decimals(0, result.arrivals() - result.placed()));
    row.add(TextTable.decimals(1, result.times().meanMicros()));
    row.add(TextTable.decimals(1, result.times().percentileMicros(99)));
    return row;
  }

  /** The percents that a table shows: the last one, and usual ones before it. */
  private static List<Integer> percents(int last) {
    TreeSet<Integer> shown = new TreeSet<>(List.of(50, 60, 70, 80, 90, 95, 100, 110, 120, 130));
    shown.add(last);
    return List.copyOf(shown.headSet(last, true));
  }
}
