package gpu.kerf.extender.demo;

import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.service.Service;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.analysis.UsualDemands;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The real service on a simulated cluster. It runs as long as its Vert.x instance. */
final class DemoService implements Demo.Service {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = 5_000_000;

  private final Context context;
  private final LiveSettings settings;
  private final Scheduling scheduling;
  private final Service service;
  private final FleetFigures figures;
  private @Nullable UsualDemands usual;
  private int port;

  private DemoService(Vertx vertx, LiveSettings settings, EmbeddedCluster cluster, Clocks clocks) {
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
    this.scheduling =
        new Scheduling(
            Dialects.all(settings.current().dialects().gpushareUnit()),
            clocks,
            action -> context.runOnContext(nothing -> action.run()));
    this.service =
        new Service(
            vertx,
            settings,
            scheduling,
            new Service.Environment(cluster, new EnvDelivery(), Disruptions.NONE, "demo"),
            clocks);
    this.figures = new FleetFigures(scheduling.fleet());
    cluster.tell(scheduling.loop(), service.listener());
  }

  /** Returns when it is ready; throws with a hint if the address cannot be had. */
  static DemoService start(
      Vertx vertx, LiveSettings settings, EmbeddedCluster cluster, Clocks clocks)
      throws IOException {
    Context context = vertx.getOrCreateContext();
    DemoService started =
        Vertxes.on(
            context,
            () -> Future.succeededFuture(new DemoService(vertx, settings, cluster, clocks)));
    started.port = started.service.listen(context);
    started.awaitReadiness();
    return started;
  }

  private void awaitReadiness() throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (onLoop(() -> service.readiness().ready() ? 1L : 0L) == 0) {
      if (System.nanoTime() > end) {
        throw new IOException("The service is not ready after " + PATIENCE.toSeconds() + " s.");
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** Where it listens. */
  URI url() {
    return URI.create("http://" + settings.current().listen().host() + ":" + port);
  }

  @Override
  public void settle() {
    onLoop(() -> 0L);
  }

  @Override
  public long strandedMiB() {
    return onLoop(
        () -> {
          figures.use(usual());
          figures.refresh();
          return figures.total().strandedMiB();
        });
  }

  /** Once the fleet's models are known; always the same, so that only changes are reckoned anew. */
  private UsualDemands usual() {
    UsualDemands known = usual;
    if (known == null) {
      known = new UsualDemands(WorkMix.usual(), scheduling.fleet().models());
      usual = known;
    }
    return known;
  }

  /** How many pods hold slots, or are about to. */
  long holders() {
    return onLoop(() -> (long) scheduling.ledger().entries().size());
  }

  private long onLoop(Supplier<Long> action) {
    return Vertxes.on(context, () -> Future.succeededFuture(action.get()));
  }
}
