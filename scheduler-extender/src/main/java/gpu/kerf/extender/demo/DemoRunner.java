package gpu.kerf.extender.demo;

import gpu.kerf.extender.client.HttpConnection;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster.UnknownPods;
import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.VirtualTimers;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.hardware.NodeSpec;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Builds a demo: the fleet, the service, and the stand-in for kube-scheduler. */
public final class DemoRunner {

  private static final int TIMEOUT_MILLIS = 30_000;

  /**
   * What a demo is to be.
   *
   * @param pods how many arrive; 0 for no end
   * @param pace seconds of the demo per second; 0 for as fast as it goes
   * @param start what time it is in the demo when it begins
   */
  public record DemoOptions(
      List<NodeSpec> fleet, long seed, int pods, double rate, double pace, long start) {}

  /** How a demo is told. */
  public enum Look {
    LIVE,
    LINES,
    NOTHING
  }

  /** What came of it: everything as JSON, a text for people, and what should not have been. */
  public record Outcome(Map<String, Object> json, String text, List<String> violations) {}

  private final Vertx vertx;
  private final LiveSettings settings;
  private final DemoOptions options;
  private final PrintWriter out;

  /**
   * @param out where it is told
   */
  public DemoRunner(Vertx vertx, LiveSettings settings, DemoOptions options, PrintWriter out) {
    this.vertx = vertx;
    this.settings = settings;
    this.options = options;
    this.out = out;
  }

  /** Plays the demo to its end, or until it is told to stop. */
  public Outcome run(Look look, BooleanSupplier stop) throws IOException {
    VirtualTimers timers = new VirtualTimers(options.start());
    SimApiServer server = new SimApiServer(timers);
    options.fleet().forEach(server::putNode);
    Clocks clocks = Clocks.virtual(() -> Instant.ofEpochMilli(timers.now()));
    EmbeddedCluster cluster = new EmbeddedCluster(server, UnknownPods.REFUSE);
    DemoService service = DemoService.start(vertx, settings, cluster, clocks);
    try (Extender extender = new Extender(new HttpConnection(service.url(), TIMEOUT_MILLIS))) {
      greet(service.url());
      Demo.Plan plan =
          new Demo.Plan(options.seed(), options.pods(), options.rate(), options.pace());
      Demo demo = new Demo(plan, server, timers, extender, service, view(look, service.url()));
      Summary summary = demo.run(stop);
      return new Outcome(summary.json(), summary.text(), summary.violations());
    }
  }

  /** Plays the demo of teams to its end, or until it is told to stop. */
  public Outcome runTeams(Look look, BooleanSupplier stop) throws IOException {
    VirtualTimers timers = new VirtualTimers(BankTeams.startNear(options.start()));
    SimApiServer server = new SimApiServer(timers);
    options.fleet().forEach(server::putNode);
    Clocks clocks = Clocks.virtual(() -> Instant.ofEpochMilli(timers.now()));
    EmbeddedCluster cluster = new EmbeddedCluster(server, UnknownPods.REFUSE);
    DemoService service = DemoService.start(vertx, settings, cluster, clocks);
    service.stepByStep();
    cluster.teamsChanged(BankTeams.accepted(Summary.gpus(options.fleet())));
    Supplier<Extender> connect =
        () -> new Extender(new HttpConnection(service.url(), TIMEOUT_MILLIS));
    try (Extender extender = connect.get();
        ParallelCalls gangCalls = new ParallelCalls(connect, service::waitingBinds)) {
      greet(service.url());
      Demo.Plan plan =
          new Demo.Plan(options.seed(), options.pods(), options.rate(), options.pace());
      TeamsDemo demo =
          new TeamsDemo(
              plan, server, timers, extender, gangCalls, service, teamsView(look, service.url()));
      long begun = System.nanoTime();
      demo.run(stop);
      TeamsSummary summary = new TeamsSummary(demo, extender, System.nanoTime() - begun);
      return new Outcome(summary.json(), summary.text(), summary.violations());
    }
  }

  private TeamsDemo.View teamsView(Look look, URI url) {
    return switch (look) {
      case LIVE ->
          new TeamsLiveView(out, url + "/", new Terminal(System::nanoTime), System::nanoTime);
      case LINES -> new TeamsLineView(out);
      case NOTHING -> new Silent();
    };
  }

  /** Serves the fleet without any work, for a client that brings some, until it is stopped. */
  public void serve(InstantSource clock, Runnable untilStopped) throws IOException {
    SimApiServer server = new SimApiServer(new VirtualTimers(clock.millis()));
    options.fleet().forEach(server::putNode);
    EmbeddedCluster cluster = new EmbeddedCluster(server, UnknownPods.CREATE);
    Clocks clocks = new Clocks(clock, System::nanoTime);
    greet(DemoService.start(vertx, settings, cluster, clocks).url());
    untilStopped.run();
  }

  private void greet(URI url) {
    out.println(url + "/");
    out.flush();
  }

  private Demo.View view(Look look, URI url) {
    return switch (look) {
      case LIVE -> new LiveView(out, url + "/", new Terminal(System::nanoTime), System::nanoTime);
      case LINES -> new LineView(out);
      case NOTHING -> new Silent();
    };
  }

  /** Tells nothing. */
  private static final class Silent implements Demo.View, TeamsDemo.View {
    @Override
    public void moment(Demo demo) {}

    @Override
    public void moment(TeamsDemo demo) {}

    @Override
    public void said(long now, String what) {}
  }
}
