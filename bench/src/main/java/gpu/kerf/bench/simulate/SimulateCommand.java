package gpu.kerf.bench.simulate;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import gpu.kerf.bench.replay.Output;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf simulate}: runs Kerf in a simulated cluster with faults. */
@Command(
    name = "simulate",
    description = {
      "Runs two replicas of Kerf on a simulated cluster with faults, and checks that no part of a"
          + " GPU is given twice.",
      "",
      "Time is virtual, and one seed gives one run. After every event no part of a GPU may be given"
          + " twice. After the faults of a round have ended, the ledger of every replica must equal"
          + " the placements on the pods, and every pod that can run must run.",
      ""
    },
    footerHeading = "%nFaults:%n")
public final class SimulateCommand implements Callable<Integer> {
  private static final int LINES = 60;
  private static final long MOST_EVENTS = 10_000_000_000L;

  private CommandSpec spec = CommandSpec.create();
  @Mixin private Output output = new Output();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same run. Default: a new seed, which is printed.")
  private @Nullable Long seed;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "100000",
      description = "How many events to simulate. Default: ${DEFAULT-VALUE}.")
  private long events;

  @Option(
      names = "--faults",
      paramLabel = "LIST",
      defaultValue = "all",
      description = "The faults, between commas, or all, or none. Default: ${DEFAULT-VALUE}.")
  private String faults = "";

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "0",
      description = "How many nodes; 0 lets the seed choose. Default: ${DEFAULT-VALUE}.")
  private int nodes;

  @Option(
      names = "--pods",
      paramLabel = "N",
      defaultValue = "0",
      description = "How many pods at most at one time; 0 lets the seed choose. Default: 0.")
  private int pods;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      defaultValue = "2",
      description = "How many replicas of Kerf. Default: ${DEFAULT-VALUE}.")
  private int replicas;

  @Option(
      names = "--teams",
      description = "With Teams and gangs, and the faults that concern them.")
  private boolean teams;

  @Option(
      names = "--dra",
      description =
          "With nodes whose GPUs a DRA driver hands out, another scheduler there, and the faults"
              + " that concern them.")
  private boolean dra;

  @Option(
      names = "--no-shrink",
      description = "Do not search for a smaller scenario after a failure.")
  private boolean asItIs;

  @Spec
  void spec(CommandSpec given) {
    spec = given;
    List<String> footer = new ArrayList<>();
    for (Fault each : Fault.values()) {
      String text =
          switch (each.part()) {
            case CLUSTER -> each.text();
            case TEAMS -> each.text() + " (--teams)";
            case DRA -> each.text() + " (--dra)";
          };
      footer.add("  %-18s %s".formatted(each.word(), text));
    }
    footer.add("");
    footer.add("Examples:");
    footer.add("  kerf simulate --events 1000000");
    footer.add("  kerf simulate --seed 42 --faults lost-gpus,forced-deletes");
    footer.add("  kerf simulate --faults none --json");
    footer.add("  kerf simulate --teams --seed 7");
    footer.add("  kerf simulate --dra --seed 7");
    spec.usageMessage().footer(footer.toArray(String[]::new));
  }

  @Override
  public Integer call() {
    refuseOutside("--events", events, 1, MOST_EVENTS);
    refuseOutside("--nodes", nodes, 0, 64);
    refuseOutside("--pods", pods, 0, 1_000);
    refuseOutside("--replicas", replicas, 1, 2);
    silence();
    long drawn = seed == null ? ThreadLocalRandom.current().nextLong(1_000_000_000_000L) : seed;
    Scenario scenario =
        new Scenario(drawn, events, parsed(faults), replicas, nodes, pods, teams, dra);
    output.progress("seed " + drawn);
    SimulationResult outcome =
        Simulation.run(scenario, done -> output.progress("%,d events".formatted(done)));
    SimulationResult shortest =
        outcome.isClean() || asItIs ? outcome : new Shrinker(output::progress).shrink(outcome);
    if (output.isJson()) {
      output.printJson(json(outcome, shortest));
    } else {
      print(outcome, shortest);
    }
    return outcome.isClean() ? 0 : 1;
  }

  private void refuseOutside(String option, long value, long least, long most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(),
          "The %s (%d) must be between %d and %,d.".formatted(option, value, least, most));
    }
  }

  /** What the replicas log is part of the story, and too much to read. */
  static void silence() {
    ((LoggerContext) LoggerFactory.getILoggerFactory())
        .getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
        .setLevel(Level.OFF);
  }

  private Set<Fault> parsed(String list) {
    EnumSet<Fault> chosen = EnumSet.noneOf(Fault.class);
    if (list.equals("all")) {
      return EnumSet.allOf(Fault.class);
    }
    for (String word : list.equals("none") ? new String[0] : list.split(",", -1)) {
      chosen.add(fault(word.strip()));
    }
    return chosen;
  }

  private Fault fault(String word) {
    for (Fault each : Fault.values()) {
      if (each.word().equals(word.toLowerCase(Locale.ROOT))) {
        return each;
      }
    }
    throw new ParameterException(
        spec.commandLine(),
        "There is no fault (%s).\nThere are: all, none, %s.".formatted(word, words(faultsAll())));
  }

  private static Set<Fault> faultsAll() {
    return EnumSet.allOf(Fault.class);
  }

  private static String words(Set<Fault> faults) {
    return faults.size() == Fault.values().length
        ? Arrays.stream(Fault.values()).map(Fault::word).collect(Collectors.joining(", "))
        : faults.stream().map(Fault::word).collect(Collectors.joining(","));
  }

  private static Map<String, Object> json(SimulationResult outcome, SimulationResult shortest) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("events", outcome.events());
    json.put("violations", outcome.isClean() || outcome.stuck() ? 0 : 1);
    json.put("stuck", outcome.stuck() ? 1 : 0);
    json.put("seed", outcome.scenario().seed());
    json.put("virtualSeconds", outcome.virtualSeconds());
    json.put("rounds", outcome.rounds());
    json.put("checksum", "%08x".formatted(outcome.checksum()));
    if (!outcome.isClean()) {
      json.put("problem", outcome.problem());
      json.put("replay", replay(shortest.scenario()));
    }
    return json;
  }

  private void print(SimulationResult outcome, SimulationResult shortest) {
    PrintWriter out = output.results();
    out.printf(
        "seed %d: %,d events, %,d s of virtual time, %d rounds, story %08x%n",
        outcome.scenario().seed(),
        outcome.events(),
        outcome.virtualSeconds(),
        outcome.rounds(),
        outcome.checksum());
    if (outcome.isClean()) {
      out.println("Nothing was given twice, and nothing was stuck.");
      return;
    }
    List<String> story = shortest.story();
    story.subList(Math.max(0, story.size() - LINES), story.size()).forEach(out::println);
    out.println();
    out.println("To see it again: " + replay(shortest.scenario()));
  }

  /** The one command that shows a scenario. */
  static String replay(Scenario scenario) {
    String faults =
        scenario.faults().isEmpty()
            ? "none"
            : scenario.hasAllFaults() ? "all" : words(scenario.faults());
    return "kerf simulate --seed "
        + scenario.seed()
        + " --events "
        + scenario.events()
        + " --faults "
        + faults
        + (scenario.nodes() > 0 ? " --nodes " + scenario.nodes() : "")
        + (scenario.pods() > 0 ? " --pods " + scenario.pods() : "")
        + (scenario.teams() ? " --teams" : "")
        + (scenario.dra() ? " --dra" : "")
        + (scenario.replicas() != 2 ? " --replicas " + scenario.replicas() : "")
        + " --no-shrink";
  }
}
