package gpu.kerf.extender.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.embedded.FleetException;
import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.demo.DemoRunner;
import gpu.kerf.extender.demo.DemoRunner.DemoOptions;
import gpu.kerf.extender.demo.DemoRunner.Look;
import gpu.kerf.extender.demo.DemoRunner.Outcome;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsException;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.telemetry.Logging;
import gpu.kerf.model.hardware.NodeSpec;
import io.vertx.core.Vertx;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf demo}: runs the service on a simulated fleet to which simulated work arrives. */
@Command(
    name = "demo",
    description = {
      "Runs Kerf on a simulated fleet to which pods arrive; needs no cluster and no GPU.",
      "",
      "The service is the real one. The demo calls it over HTTP as kube-scheduler does. Pods for "
          + "inference, notebooks, tenants with MIG slices and training arrive, and urgent pods "
          + "preempt others. Watch the demo in the terminal or in a browser. Press Ctrl-C to stop "
          + "and print a summary.",
      "",
      "The demo has its own clock. In a terminal it runs in real time, elsewhere as fast as "
          + "possible. The same seed gives the same run at any pace.",
      "",
      "With --teams three teams of a bank share 24 GPUs: fraud, research and analytics. Their work "
          + "waits in lines, guarantees are taken back, and gangs start whole. Its clock runs 300 "
          + "times as fast as real time.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {

  private static final int HEADLESS_PODS = 300;
  private static final int HEADLESS_WORKS = 350;
  private static final double RATE = 1.5;
  private static final double TEAMS_RATE = 0.0035;
  private static final double TEAMS_PACE = 300;
  private static final int UNSET = -1;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--fleet",
      paramLabel = "FILE",
      description =
          "The fleet, as YAML; docs/reference/cli.md describes it. Default: 16 H100 and 10 A100, "
              + "or 24 H100 with --teams.")
  private @Nullable Path fleet;

  @Option(
      names = "--pods",
      paramLabel = "N",
      description = {
        "How many pods arrive; then the demo ends. Default: until Ctrl-C in a terminal, else "
            + HEADLESS_PODS
            + ".",
        "With --teams a gang counts as one; default: " + HEADLESS_WORKS + " where it has an end.",
        "With 0 no pod arrives, and a bind call creates its own pod, as kerf load needs it."
      })
  private int pods = UNSET;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description =
          "Arrivals per second of the demo's clock. Default: "
              + RATE
              + ", or "
              + TEAMS_RATE
              + " with --teams.")
  private @Nullable Double rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same run. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--pace",
      paramLabel = "N",
      description =
          "Seconds of the demo per real second; 0: as fast as possible. Default: 1 in a terminal, "
              + "or 300 with --teams; else 0.")
  private double pace = UNSET;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8880",
      description =
          "Where the service listens; port 0 takes any free one. Default: ${DEFAULT-VALUE}.")
  private String listen = "";

  @Mixin private SettingsOptions settings = new SettingsOptions();

  @Option(
      names = "--teams",
      description = "Show teams that share GPUs: guarantees, shares, windows and gangs.")
  private boolean teams;

  @Option(names = "--headless", description = "Print the run as lines instead of drawing it.")
  private boolean headless;

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    boolean live = !headless && !json && isTerminal();
    DemoOptions options = demoOptions(live);
    List<String> address = SettingsOptions.listen(spec.commandLine(), listen);
    Vertx vertx = Vertxes.small();
    try {
      SettingsSource source = settings.source(vertx, address);
      Settings initial = Vertxes.await(source.read());
      quieten(initial, live);
      LiveSettings current = new LiveSettings(source, initial, InstantSource.system());
      PrintWriter told = json ? spec.commandLine().getErr() : spec.commandLine().getOut();
      DemoRunner runner = new DemoRunner(vertx, current, options, told);
      return pods == 0 ? serve(runner) : play(runner, live ? Look.LIVE : Look.LINES);
    } catch (SettingsException wrong) {
      wrong.problems().forEach(problem -> spec.commandLine().getErr().println("kerf: " + problem));
      return 2;
    } finally {
      Vertxes.close(vertx);
    }
  }

  /** The course tells what matters; a log between its lines would hide it. */
  private static void quieten(Settings settings, boolean live) {
    Settings.Logs log = settings.log();
    boolean asked = log.level() != Settings.Level.INFO;
    new Logging()
        .apply(
            asked
                ? log
                : new Settings.Logs(
                    live ? Settings.Level.ERROR : Settings.Level.WARN, log.levels(), log.format()));
  }

  private DemoOptions demoOptions(boolean live) throws IOException {
    double perSecond = rate == null ? (teams ? TEAMS_RATE : RATE) : rate;
    check(
        perSecond > 0 && perSecond <= 1000,
        "--rate (" + perSecond + ") must be more than 0 and at most 1000.");
    check(!teams || pods != 0, "--pods (0) needs a demo without --teams.");
    check(pods >= 0 || pods == UNSET, "--pods (" + pods + ") must not be negative.");
    check(pace >= 0 || pace == UNSET, "--pace (" + pace + ") must not be negative.");
    int headless = teams ? HEADLESS_WORKS : HEADLESS_PODS;
    int arriving = pods == UNSET ? (live ? 0 : headless) : pods;
    double speed = pace == UNSET ? (live ? (teams ? TEAMS_PACE : 1) : 0) : pace;
    long start = InstantSource.system().millis();
    return new DemoOptions(fleet(), seed, arriving, perSecond, speed, start);
  }

  private void check(boolean holds, String problem) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), problem);
    }
  }

  private List<NodeSpec> fleet() throws IOException {
    try {
      return fleet == null
          ? (teams ? FleetFile.bank() : FleetFile.standard())
          : FleetFile.read(fleet);
    } catch (NoSuchFileException e) {
      throw new IOException("There is no file " + fleet + ".", e);
    } catch (FleetException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private int serve(DemoRunner runner) throws IOException {
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    Thread end = onInterrupt(stopped::countDown, done);
    try {
      runner.serve(InstantSource.system(), () -> await(stopped));
    } finally {
      finished(end, done);
    }
    return 0;
  }

  private int play(DemoRunner runner, Look look) throws IOException {
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch done = new CountDownLatch(1);
    Thread end = onInterrupt(() -> stop.set(true), done);
    try {
      Outcome outcome = teams ? runner.runTeams(look, stop::get) : runner.run(look, stop::get);
      if (json) {
        spec.commandLine().getOut().println(new ObjectMapper().writeValueAsString(outcome.json()));
      } else {
        spec.commandLine().getOut().print(outcome.text());
      }
      spec.commandLine().getOut().flush();
      outcome.violations().forEach(spec.commandLine().getErr()::println);
      return outcome.violations().isEmpty() ? 0 : 1;
    } finally {
      finished(end, done);
    }
  }

  /** On Ctrl-C the JVM goes down at once unless a hook holds it until the results are out. */
  private static Thread onInterrupt(Runnable stop, CountDownLatch done) {
    Thread end =
        new Thread(
            () -> {
              stop.run();
              await(done);
            },
            "interrupted");
    Runtime.getRuntime().addShutdownHook(end);
    return end;
  }

  private static void finished(Thread end, CountDownLatch done) {
    try {
      Runtime.getRuntime().removeShutdownHook(end);
    } catch (IllegalStateException e) {
      // The JVM is going down already: Ctrl-C is how a demo without an end ends well.
      Runtime.getRuntime().halt(0);
    }
    done.countDown();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** From JDK 22 on there is a console also where there is no terminal, and a method that tells. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null || "dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }
}
