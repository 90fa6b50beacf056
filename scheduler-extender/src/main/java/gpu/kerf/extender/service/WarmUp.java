package gpu.kerf.extender.service;

import gpu.kerf.extender.client.HttpConnection;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.http.HttpService;
import gpu.kerf.extender.http.Readiness;
import gpu.kerf.extender.http.Verbs;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.verb.VerbService;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Runs the real verbs over real HTTP on an empty copy of the fleet before the service is ready,
 * with a cluster that binds every pod. Afterwards the JVM has compiled the code that kube-scheduler
 * is about to call. The real ledger is not touched.
 */
final class WarmUp {
  private static final int NODES_AT_ONCE = 100;
  private static final int EXPLANATIONS = 4;

  private final Vertx vertx;
  private final Context context;
  private final Settings settings;
  private final Clocks clocks;
  private final Scheduling scheduling;
  private int pods;
  private double seconds;

  WarmUp(Vertx vertx, Settings settings, Clocks clocks) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
    this.clocks = clocks;
    this.scheduling =
        new Scheduling(
            Dialects.all(), clocks, action -> context.runOnContext(nothing -> action.run()));
  }

  /**
   * Places a number of pods, or as many as there is time for; more while the start waits for
   * something else.
   */
  Future<Void> run(Fleet fleet, int most, Duration time, BooleanSupplier waiting) {
    List<NodeSpec> nodes = specs(fleet);
    if (most == 0 || nodes.isEmpty()) {
      return Future.succeededFuture();
    }
    long began = clocks.stopWatch().getAsLong();
    return copy(nodes, 0)
        .compose(nothing -> listen())
        .compose(server -> rehearse(server, nodes, most, goOn(began + time.toNanos(), waiting)))
        .compose(nothing -> explain(EXPLANATIONS))
        .onComplete(done -> seconds = (clocks.stopWatch().getAsLong() - began) / 1e9);
  }

  /** What people ask runs on the event loop, too, and the first time takes longest. */
  private Future<Void> explain(int left) {
    if (left == 0) {
      return Future.succeededFuture();
    }
    Explainer explainer = new Explainer(scheduling.fleet(), () -> scheduling.placer().prices());
    Demand demand = left % 2 == 0 ? Demand.memory(new MemoryMiB(8192)) : Demand.whole(16);
    explainer.explain(PodDemand.of(demand));
    return vertx.timer(1).compose(id -> explain(left - 1));
  }

  private static List<NodeSpec> specs(Fleet fleet) {
    List<NodeSpec> specs = new ArrayList<>();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        specs.add(node.spec());
      }
    }
    return specs;
  }

  /** Copies a few nodes at a time, so that the loop turns meanwhile. */
  private Future<Void> copy(List<NodeSpec> nodes, int from) {
    int to = Math.min(nodes.size(), from + NODES_AT_ONCE);
    nodes.subList(from, to).forEach(scheduling::nodeChanged);
    return to == nodes.size()
        ? Future.succeededFuture()
        : vertx.timer(1).compose(id -> copy(nodes, to));
  }

  private Future<HttpServer> listen() {
    WarmUpCluster cluster = new WarmUpCluster();
    VerbService service = new VerbService(scheduling, cluster, new EnvDelivery(), Disruptions.NONE);
    Verbs verbs = new Verbs(service, scheduling.names());
    HttpService.Components parts =
        new HttpService.Components(verbs.byName(), new Readiness(), new Metrics(), null);
    return new HttpService(vertx, settings.forRehearsal(), parts).start();
  }

  private BooleanSupplier goOn(long until, BooleanSupplier waiting) {
    return () -> clocks.stopWatch().getAsLong() < until || waiting.getAsBoolean();
  }

  private Future<Void> rehearse(
      HttpServer server, List<NodeSpec> nodes, int most, BooleanSupplier goOn) {
    URI url = URI.create("http://127.0.0.1:" + server.actualPort());
    WarmUpPods bodies = new WarmUpPods(nodes.stream().map(NodeSpec::name).toList());
    return vertx
        .executeBlocking(() -> rehearse(url, bodies, most, goOn), false)
        .onSuccess(count -> pods = count)
        .eventually(server::close)
        .mapEmpty();
  }

  private int rehearse(URI url, WarmUpPods bodies, int most, BooleanSupplier goOn)
      throws IOException {
    int count = 0;
    try (HttpConnection connection = new HttpConnection(url, 10_000)) {
      while (count < most && goOn.getAsBoolean()) {
        place(connection, bodies, count++);
      }
    }
    return count;
  }

  private void place(HttpConnection connection, WarmUpPods bodies, int number) throws IOException {
    post(connection, "/filter", bodies.filter(number));
    String node = bodies.firstNode(connection.text());
    if (!node.isEmpty()) {
      post(connection, "/prioritize", bodies.prioritize(number, node));
      post(connection, "/bind", bodies.bind(number, node));
    } else {
      post(connection, "/preempt", bodies.preempt(number));
    }
    String leaving = bodies.leaving(number);
    context.runOnContext(nothing -> scheduling.podEnded(leaving));
  }

  private static void post(HttpConnection connection, String path, byte[] body) throws IOException {
    int status = connection.post(path, body, body.length);
    if (status != 200) {
      throw new IOException(path + " answered " + status + ": " + connection.text());
    }
  }

  int pods() {
    return pods;
  }

  double seconds() {
    return seconds;
  }
}
