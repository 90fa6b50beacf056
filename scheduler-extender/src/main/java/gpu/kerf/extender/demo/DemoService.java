package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.service.Service;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.verb.VerbService;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.team.GpuMeasure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The real service on a simulated cluster. It runs as long as its Vert.x instance. */
final class DemoService implements Demo.Service, TeamsDemo.Service {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = 5_000_000;

  private final Context context;
  private final LiveSettings settings;
  private final Scheduling scheduling;
  private final Service service;
  private final FleetFigures figures;
  private final AtomicLong given = new AtomicLong();
  private @Nullable UsualDemands usual;
  private @Nullable VerbService stepped;
  private long done;
  private int port;

  private DemoService(Vertx vertx, LiveSettings settings, EmbeddedCluster cluster, Clocks clocks) {
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
    this.scheduling =
        new Scheduling(Dialects.all(settings.current().reading()), clocks, this::execute);
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

  private void execute(Runnable action) {
    given.incrementAndGet();
    context.runOnContext(
        nothing -> {
          try {
            action.run();
          } finally {
            done++;
          }
        });
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

  /** From now on turns are taken only when the demo goes on. */
  void stepByStep() {
    onLoop(
        () -> {
          stepped = service.steppedVerbs();
          return 0L;
        });
  }

  /** How many bind calls of gangs wait for others. */
  long waitingBinds() {
    return onLoop(() -> (long) verbs().bind().waiting());
  }

  private VerbService verbs() {
    return Objects.requireNonNull(stepped, "stepByStep comes first");
  }

  @Override
  public TeamsPicture goOn() {
    return Vertxes.on(
        context,
        () -> {
          Promise<TeamsPicture> quiet = Promise.promise();
          goOn(quiet, -1);
          return quiet.future();
        });
  }

  /**
   * Goes on until nothing follows from it any more.
   *
   * @param before how many actions the loop had been given when turns were taken last
   */
  private void goOn(Promise<TeamsPicture> quiet, long before) {
    long now = given.get();
    if (now == before && now == done) {
      quiet.complete(verbs().turns().picture());
      return;
    }
    boolean idle = now == done;
    if (idle) {
      verbs().look();
      verbs().takeTurns();
    }
    context.runOnContext(nothing -> goOn(quiet, idle ? now : before));
  }

  @Override
  public TeamsDemo.Admission admit(ObjectNode pod) {
    return onContext(
        () -> {
          PodView view = EmbeddedCluster.view(pod);
          Reading reading = scheduling.read(view);
          return new TeamsDemo.Admission(
              verbs().turns().forecast().waits(view, reading),
              Math.max(0, GpuMeasure.least(reading.demand(), scheduling.fleet().models())));
        });
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
    return onContext(action);
  }

  private <T> T onContext(Supplier<T> action) {
    return Vertxes.on(context, () -> Future.succeededFuture(action.get()));
  }
}
