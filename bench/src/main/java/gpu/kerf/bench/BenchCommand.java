package gpu.kerf.bench;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kerf bench}: runs JMH benchmarks. */
@Command(
    name = "bench",
    description = {
      "Runs the JMH benchmarks, all or those that match a regular expression.",
      "",
      "Each benchmark runs in JVMs of its own and defines how long it runs. The options override"
          + " that.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  kerf bench --list",
      "  kerf bench Score --quick",
      "  kerf bench --prof gc --json > results.json"
    })
public final class BenchCommand implements Callable<Integer> {

  private static final int QUICK_ITERATIONS = 2;
  private static final TimeValue QUICK_TIME = TimeValue.milliseconds(200);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "REGEX",
      defaultValue = ".*",
      description = "A regular expression; benchmarks run if a part of their name matches.")
  private String regex = "";

  @Option(names = "--list", description = "Only print the names of the benchmarks.")
  private boolean list;

  @Option(
      names = "--quick",
      description =
          "Run one fork and two short iterations each, to check that all benchmarks work.")
  private boolean quick;

  @Option(names = "--forks", paramLabel = "N", description = "How many JVMs run each benchmark.")
  private @Nullable Integer forks;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "How many iterations are measured in each JVM.")
  private @Nullable Integer iterations;

  @Option(
      names = "--prof",
      paramLabel = "NAME",
      description = "A JMH profiler, such as gc, which counts allocations.")
  private @Nullable String profiler;

  @Option(
      names = "--json",
      description = "Print the results in JMH's JSON form, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() {
    if (list) {
      names().forEach(spec.commandLine().getOut()::println);
      return 0;
    }
    try {
      print(new Runner(options(), progress()).run());
      return 0;
    } catch (RunnerException e) {
      spec.commandLine().getErr().println("kerf: " + e.getMessage());
      return 1;
    }
  }

  /** What JMH says while it runs goes to stderr. */
  private static OutputFormat progress() {
    return OutputFormatFactory.createFormatInstance(System.err, VerboseMode.NORMAL);
  }

  private Set<String> names() {
    Set<String> names = new TreeSet<>();
    try {
      Pattern.compile(regex);
      BenchmarkList.defaultList()
          .find(progress(), List.of(regex), List.of())
          .forEach(benchmark -> names.add(benchmark.getUsername()));
    } catch (PatternSyntaxException e) {
      throw new ParameterException(
          spec.commandLine(), "(" + regex + ") is no regular expression: " + e.getMessage(), e);
    }
    if (names.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "No benchmark has (" + regex + ") in its name.\nkerf bench --list names them.");
    }
    return names;
  }

  private Options options() {
    names();
    ChainedOptionsBuilder options = new OptionsBuilder().include(regex).shouldFailOnError(true);
    if (quick) {
      options
          .forks(1)
          .warmupIterations(1)
          .warmupTime(QUICK_TIME)
          .measurementIterations(QUICK_ITERATIONS)
          .measurementTime(QUICK_TIME);
    }
    if (forks != null) {
      options.forks(positive("--forks", forks));
    }
    if (iterations != null) {
      options.measurementIterations(positive("--iterations", iterations));
    }
    if (profiler != null) {
      options.addProfiler(profiler);
    }
    return options.build();
  }

  private int positive(String option, int value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), "The " + option + " (" + value + ") must be at least 1.");
    }
    return value;
  }

  private void print(Collection<RunResult> results) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(text, true, StandardCharsets.UTF_8);
    ResultFormatType form = json ? ResultFormatType.JSON : ResultFormatType.TEXT;
    ResultFormatFactory.getInstance(form, stream).writeOut(results);
    spec.commandLine().getOut().println(text.toString(StandardCharsets.UTF_8).strip());
  }
}
