package gpu.kerf.extender.service;

import gpu.kerf.extender.access.AccessControl;
import gpu.kerf.extender.access.AccessReviews;
import gpu.kerf.extender.admission.Admission;
import gpu.kerf.extender.admission.AdmissionOptions;
import gpu.kerf.extender.api.Pending;
import gpu.kerf.extender.api.View;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cost.GpuHours;
import gpu.kerf.extender.cost.UsageRecords;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.gang.GangTimes;
import gpu.kerf.extender.http.ApiRoutes;
import gpu.kerf.extender.http.HttpService;
import gpu.kerf.extender.http.NumberedEvents;
import gpu.kerf.extender.http.Readiness;
import gpu.kerf.extender.http.Verbs;
import gpu.kerf.extender.idle.IdleFigures;
import gpu.kerf.extender.idle.IdleWatch;
import gpu.kerf.extender.idle.PrometheusFigures;
import gpu.kerf.extender.kueue.check.FitsCheck;
import gpu.kerf.extender.kueue.check.FitsOptions;
import gpu.kerf.extender.settings.AdmissionSettings;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.state.FleetView;
import gpu.kerf.extender.state.FrequentDemands;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Accounting;
import gpu.kerf.extender.telemetry.FleetCollector;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.telemetry.OpenCostCollector;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.turn.TeamsCollector;
import gpu.kerf.extender.turn.TeamsSource;
import gpu.kerf.extender.turn.TurnOptions;
import gpu.kerf.extender.usage.Usage;
import gpu.kerf.extender.usage.UsageCollector;
import gpu.kerf.extender.usage.UsageOptions;
import gpu.kerf.extender.verb.VerbService;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole service on one cluster, put together.
 *
 * <p>Everything is called on the context that owns the scheduling; the cluster reports its events
 * to {@link #listener}.
 */
public final class Service {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);
  private static final long RELOAD_MILLIS = 2_000;
  private static final long FOLLOW_MILLIS = 500;
  private static final long GPU_HOURS_MILLIS = 100;

  /** A pod whose place has come free waits for no longer than this and a request. */
  private static final long TURNS_MILLIS = 20;

  private static final long USUAL_MILLIS = 10_000;
  private static final long CHANGES_MILLIS = 5_000;
  private static final long SYNCED_MILLIS = 50;
  private static final long LAST_CHECKPOINT_MILLIS = 3_000;
  private static final long REVIEWS_MILLIS = 250;
  private static final long LAST_EVENTS_MILLIS = 2_000;

  private final Vertx vertx;
  private final LiveSettings settings;
  private final Scheduling scheduling;
  private final Environment environment;
  private final Clocks clocks;
  private final Metrics metrics;
  private final Readiness readiness = new Readiness();
  private final FleetFigures figures;
  private final Accounting accounting;
  private final FrequentDemands frequentDemands = new FrequentDemands();
  private final Usage usage;
  private final GpuHours gpuHours;
  private final @Nullable IdleWatch idle;
  private @Nullable IdleFigures idleFigures;
  private final @Nullable FitsCheck kueue;
  private final VerbService verbs;
  private final TeamsSource teams;
  private final View view;
  private final StreamedEvents stream;
  private final HttpService http;
  private final FleetView fleet;
  private final @Nullable ReviewServer webhook;
  private final List<Long> timers = new ArrayList<>();
  private final List<Long> verbTimers = new ArrayList<>();
  private final long started;
  private String problem = "";
  private volatile boolean synced;
  private String webhookProblem = "The webhook does not listen yet.";
  private int webhookPort;

  /**
   * What the service stands in.
   *
   * @param mode {@code demo} or {@code cluster}
   * @param reviews judges clients; null where there is no API server, and every client sees all
   */
  public record Environment(
      Cluster cluster,
      Delivery delivery,
      Disruptions disruptions,
      String mode,
      Metrics metrics,
      @Nullable AccessReviews reviews) {

    public Environment(Cluster cluster, Delivery delivery, Disruptions disruptions, String mode) {
      this(cluster, delivery, disruptions, mode, new Metrics(), null);
    }
  }

  public Service(
      Vertx vertx,
      LiveSettings settings,
      Scheduling scheduling,
      Environment environment,
      Clocks clocks) {
    this.vertx = vertx;
    this.settings = settings;
    this.scheduling = scheduling;
    this.environment = environment;
    this.metrics = environment.metrics;
    this.clocks = clocks;
    this.started = clocks.stopWatch().getAsLong();
    this.figures = new FleetFigures(scheduling.fleet());
    Settings now = settings.current();
    this.accounting = new Accounting(clocks.elapsed(), now.telemetry().namespaces());
    this.usage =
        new Usage(
            scheduling,
            environment.cluster,
            new UsageOptions(now.usage().keep(), now.usage().checkpoint()));
    this.verbs =
        new VerbService(
            scheduling, environment.cluster, environment.delivery, environment.disruptions);
    this.teams = verbs.turns();
    verbs.turns().use(usage.book());
    this.idle = idle(now.idle());
    this.gpuHours =
        new GpuHours(
            scheduling.ledger(),
            figures,
            verbs.turns()::teamOf,
            scheduling::wallMillis,
            scheduling::elapsedMillis,
            now.cost().gpuHours());
    this.fleet = new FleetView(scheduling);
    this.kueue = kueue(now);
    View.About about =
        new View.About(
            Version.text(),
            environment.mode,
            environment.cluster,
            new Admission(
                scheduling.dialects(),
                fleet::latest,
                AdmissionOptions.of(now),
                verbs.turns().forecast()::waits,
                new ClusterClaims(environment.cluster)),
            readiness::ready,
            this::uptimeMillis);
    this.view = new View(scheduling, figures, settings, about, teams, clocks.stopWatch());
    this.stream = new StreamedEvents(now.stream(), scheduling, verbs.turns(), usage, metrics);
    this.http = http(now);
    this.webhook =
        now.admission().enabled()
            ? new ReviewServer(
                vertx,
                now,
                scheduling,
                fleet,
                verbs.turns().forecast(),
                new ClusterClaims(environment.cluster),
                metrics)
            : null;
    conditions();
    measure();
    settings.onChange(this::use);
  }

  private @Nullable IdleWatch idle(Settings.Idle how) {
    if (!how.enabled() || !environment.mode.equals("cluster")) {
      return null;
    }
    this.idleFigures = new PrometheusFigures(how.prometheus(), how.timeout());
    return new IdleWatch(
        scheduling,
        environment.cluster,
        verbs.turns(),
        verbs.gangs(),
        idleFigures,
        how.every(),
        metrics);
  }

  private @Nullable FitsCheck kueue(Settings now) {
    if (!now.kueue().enabled() || !environment.mode.equals("cluster")) {
      return null;
    }
    boolean rejects = now.admission().impossible() == AdmissionSettings.Impossible.REFUSE;
    return new FitsCheck(
        scheduling,
        environment.cluster,
        verbs::mayDecide,
        () -> fleet.latest().complete(),
        new FitsOptions(
            now.kueue().keepQuota().toMillis(), now.kueue().promise().toMillis(), rejects),
        metrics);
  }

  /** What answers Kueue; null if nothing does. */
  public @Nullable FitsCheck kueue() {
    return kueue;
  }

  private HttpService http(Settings now) {
    UsageRecords records =
        new UsageRecords(
            usage.book(),
            gpuHours,
            usage.book()::completeSince,
            () -> settings.current().cost().list(),
            scheduling::wallMillis);
    NumberedEvents events =
        new NumberedEvents(
            vertx,
            stream.log(),
            stream.json(),
            scheduling::wallMillis,
            now.limits().eventStreams(),
            metrics);
    ApiRoutes api =
        new ApiRoutes(vertx, view, records, scheduling.decisions(), events, now.limits(), metrics);
    Verbs handlers = new Verbs(verbs, scheduling.names());
    return new HttpService(
        vertx,
        now,
        new HttpService.Components(
            handlers.byName(), readiness, metrics, api, metrics::answered, access(now)));
  }

  private @Nullable AccessControl access(Settings now) {
    AccessReviews reviews = environment.reviews;
    boolean open = now.observe().access() == Settings.ObserveAccess.OPEN;
    if (reviews != null && open && now.observe().enabled() && now.observe().console()) {
      LOG.atWarn()
          .addKeyValue(LogKeys.ADDRESS, now.observe().host() + ":" + now.observe().port())
          .log(
              "Every client of the observers' port sees all pods and teams: observe.access: open.");
    }
    return reviews == null || open
        ? null
        : new AccessControl(
            reviews,
            now.teams().source(),
            new KnownNames(scheduling, verbs.turns()::teams, stream.log()),
            now.limits().answer(),
            scheduling::elapsedMillis,
            scheduling.loop());
  }

  /** The port of the observers; 0 while there is none. */
  public int observedPort() {
    return http.observed();
  }

  /** Whether it answers; for the context that owns the scheduling. */
  public boolean ready() {
    return readiness.ready();
  }

  private long uptimeMillis() {
    return (clocks.stopWatch().getAsLong() - started) / 1_000_000;
  }

  private void conditions() {
    Cluster cluster = environment.cluster;
    readiness.add(
        "synced", () -> cluster.synced() ? "" : "Not all nodes and pods have been seen yet.");
    readiness.add("fresh", () -> stale(cluster.staleness()));
    readiness.add("lease", cluster::bindingProblem);
    readiness.informOf(
        () ->
            cluster.missingParts().stream()
                .map(part -> new Readiness.Lack(part.what(), part.hint()))
                .toList());
    if (webhook != null) {
      readiness.add("webhook", () -> webhookProblem);
    }
  }

  private String stale(Duration age) {
    Duration most = settings.current().readiness().staleAfter();
    return age.compareTo(most) <= 0
        ? ""
        : "The cluster was last heard of " + age.toSeconds() + " s ago.";
  }

  private void measure() {
    figures.onChange(node -> accounting.follow(scheduling.ledger(), node));
    metrics.add(
        new FleetCollector(
            scheduling.ledger(),
            figures,
            accounting,
            () -> Pending.of(scheduling.pods().all(), scheduling.wallMillis())));
    metrics.add(
        new TeamsCollector(teams, scheduling::wallMillis, settings.current().telemetry().teams()));
    if (settings.current().telemetry().openCost()) {
      metrics.add(new OpenCostCollector(scheduling.ledger()));
    }
    Settings.Telemetry telemetry = settings.current().telemetry();
    metrics.add(new UsageCollector(usage, telemetry.teams(), telemetry.namespaces()));
    scheduling.pods().onBound(this::placed);
    for (String verb : List.of("filter", "prioritize", "bind", "preempt")) {
      metrics.zero(Metric.VERB_ANSWERS, verb, "error", "");
    }
    metrics.zero(Metric.CERTIFICATES, "failed");
    if (webhook != null) {
      List.of("mutate", "validate")
          .forEach(each -> metrics.zero(Metric.ADMISSION_ANSWERS, each, "error", ""));
    }
    metrics.beforeScrape(
        () -> {
          readiness
              .holding()
              .forEach((name, holds) -> metrics.set(Metric.READY, holds ? 1 : 0, name));
          metrics.set(Metric.PLANS, verbs.preemptions().underWay());
          metrics.set(Metric.STALENESS, environment.cluster.staleness().toMillis() / 1e3);
          metrics.set(Metric.SETTINGS_VALID, settings.status().problem().isEmpty() ? 1 : 0);
        });
    metrics.set(Metric.BUILD, 1, Version.text());
  }

  private void placed(KnownPod pod) {
    if (!pod.demand().containers().isEmpty()) {
      accounting.placed(pod.holder().namespace(), scheduling.wallMillis() - pod.since());
    }
  }

  private void use(Settings now) {
    Policy.Answer answer = Policy.Answer.valueOf(now.scheduling().answer().name());
    // A simulated kube-scheduler sees what only Kerf sees, as real ones will from 1.38 on.
    boolean kerf =
        environment.mode.equals("cluster") && now.preemption() == Settings.Preemption.KERF;
    Policy.Preemption who = kerf ? Policy.Preemption.KERF : Policy.Preemption.NATIVE;
    Duration staleAfter = now.readiness().staleAfter();
    GangTimes gangs = new GangTimes(barrier(now), now.gangs().repair());
    long proposal = now.scheduling().proposal().toMillis();
    scheduling.use(new Policy(answer, proposal, who, staleAfter, gangs));
    accounting.prices(now.cost().list());
    Settings.Teams teams = now.teams();
    verbs
        .turns()
        .use(
            new TurnOptions(
                teams.enabled(),
                teams.reclaim() == Settings.Reclaim.SHARE,
                teams.patience().toMillis(),
                teams.placeTimeout().toMillis(),
                teams.announce().toMillis(),
                teams.gatesPerSecond()));
  }

  /** After the last bind call of a gang has come there must be time for its Bindings. */
  private static Duration barrier(Settings now) {
    Duration most = now.limits().answer().minus(now.cluster().call());
    return most.compareTo(now.gangs().barrier()) < 0 ? most : now.gangs().barrier();
  }

  /** What the cluster must tell its news to. */
  public ClusterListener listener() {
    return usage.listener(
        new AccountingListener(scheduling, accounting, verbs.listener(), fleet, view::touched));
  }

  /** Listens; the port. It becomes ready later, when the cluster is known and the warm-up over. */
  public Future<Integer> start() {
    return http.start()
        .map(
            server -> {
              stream.start();
              timers.add(vertx.setPeriodic(RELOAD_MILLIS, id -> reload()));
              timers.add(vertx.setPeriodic(FOLLOW_MILLIS, id -> figures.refresh()));
              timers.add(vertx.setPeriodic(GPU_HOURS_MILLIS, id -> gpuHours.tick()));
              verbTimers.add(vertx.setPeriodic(FOLLOW_MILLIS, id -> verbs.look()));
              verbTimers.add(vertx.setPeriodic(TURNS_MILLIS, id -> verbs.takeTurns()));
              timers.add(vertx.setPeriodic(USUAL_MILLIS, id -> learnUsual()));
              timers.add(vertx.setPeriodic(CHANGES_MILLIS, id -> view.tellChanges()));
              timers.add(vertx.setPeriodic(FOLLOW_MILLIS, id -> usage.tick()));
              if (idle != null) {
                timers.add(vertx.setPeriodic(FOLLOW_MILLIS, id -> idle.tick()));
              }
              if (kueue != null) {
                timers.add(vertx.setPeriodic(FOLLOW_MILLIS, id -> kueue.tick()));
              }
              whenNodesAreTold();
              whenSynced();
              listenForReviews();
              return server.actualPort();
            });
  }

  /**
   * Starts from outside of any event loop; the port.
   *
   * @param context the one that owns the scheduling
   * @throws IOException that says in words why it cannot listen
   */
  public int listen(Context context) throws IOException {
    Settings.Listen where = settings.current().listen();
    try {
      return Vertxes.on(context, this::start);
    } catch (IllegalStateException e) {
      boolean taken = e.getCause() instanceof BindException;
      throw new IOException(
          "Kerf cannot listen on "
              + where.host()
              + ":"
              + where.port()
              + ": "
              + (taken ? "the address is taken, or not of this machine" : e.getCause())
              + ".\nMaybe another kerf listens there: --listen 127.0.0.1:0 takes any free port.",
          e);
    }
  }

  /** Tries again while it cannot listen: its certificate may come later than the service. */
  private void listenForReviews() {
    if (webhook != null && !readiness.isStopping()) {
      webhook
          .start()
          .onSuccess(this::listensForReviews)
          .onFailure(failure -> waitForReviews(String.valueOf(failure.getMessage())));
    }
  }

  private void listensForReviews(int port) {
    webhookProblem = "";
    webhookPort = port;
  }

  private void waitForReviews(String why) {
    if (!why.equals(webhookProblem)) {
      webhookProblem = why;
      LOG.atInfo()
          .addKeyValue(LogKeys.PROBLEM, why)
          .log("The webhook cannot listen yet; it tries again.");
    }
    vertx.setTimer(REVIEWS_MILLIS, id -> listenForReviews());
  }

  /** Where the webhook listens; 0 while it does not. */
  public int webhookPort() {
    return webhookPort;
  }

  private void learnUsual() {
    figures.use(frequentDemands.of(scheduling.pods().all(), scheduling.fleet().models()));
  }

  /** Pods take longest to come, and most of that is waiting for them: time to warm up. */
  private void whenNodesAreTold() {
    if (!environment.cluster.nodesTold()) {
      timers.add(vertx.setTimer(SYNCED_MILLIS, id -> whenNodesAreTold()));
      return;
    }
    Settings.Readiness how = settings.current().readiness();
    WarmUp warmUp = new WarmUp(vertx, settings.current(), clocks);
    warmUp
        .run(scheduling.fleet(), how.warmUpPods(), how.warmUp(), () -> !synced)
        .onComplete(
            done -> {
              if (done.failed()) {
                LOG.warn("The warm-up failed; the first requests will be slow.", done.cause());
              }
              metrics.set(Metric.WARM_UP, warmUp.seconds());
              readiness.warmedUp();
              LOG.atInfo()
                  .addKeyValue(LogKeys.COUNT, warmUp.pods())
                  .addKeyValue(LogKeys.MILLIS, Math.round(warmUp.seconds() * 1000))
                  .log("Warmed up.");
            });
  }

  private void whenSynced() {
    if (!environment.cluster.synced()) {
      timers.add(vertx.setTimer(SYNCED_MILLIS, id -> whenSynced()));
      return;
    }
    synced = true;
    verbs.synced();
    learnUsual();
  }

  /** Reads the settings again; never fails. */
  public Future<LiveSettings.Outcome> reload() {
    return settings.reload().onSuccess(this::reloaded);
  }

  private void reloaded(LiveSettings.Outcome outcome) {
    String now = settings.status().problem();
    if (outcome == LiveSettings.Outcome.CHANGED) {
      metrics.count(Metric.SETTINGS_RELOADS, "changed");
      LOG.info("New settings are in force.");
    } else if (outcome == LiveSettings.Outcome.REFUSED && !now.equals(problem)) {
      metrics.count(Metric.SETTINGS_RELOADS, "refused");
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, now)
          .log("The new settings are invalid; the old ones stay in force.");
    }
    problem = now;
  }

  /** Stops the service so that open requests still get their answers. */
  public Future<Void> stop() {
    Future<Void> reviews = webhook == null ? Future.succeededFuture() : webhook.stop();
    return Future.join(http.stop(), reviews)
        .<Void>mapEmpty()
        .eventually(
            () -> {
              timers.forEach(vertx::cancelTimer);
              verbTimers.forEach(vertx::cancelTimer);
              if (idleFigures != null) {
                idleFigures.close();
              }
              return Future.all(keepUsage(), sendLastEvents()).mapEmpty();
            });
  }

  /** The last checkpoint; an API server that does not answer does not hold up the end. */
  private Future<Void> keepUsage() {
    return Future.fromCompletionStage(usage.stop(), vertx.getOrCreateContext())
        .timeout(LAST_CHECKPOINT_MILLIS, TimeUnit.MILLISECONDS)
        .otherwiseEmpty();
  }

  /** A sink that does not answer does not hold up the end. */
  private Future<Void> sendLastEvents() {
    return Future.fromCompletionStage(stream.stop(), vertx.getOrCreateContext())
        .timeout(LAST_EVENTS_MILLIS, TimeUnit.MILLISECONDS)
        .otherwiseEmpty();
  }

  /**
   * The verbs, for a caller whose time is virtual: from now on what runs beside them at intervals
   * runs only when the caller says so, because a real interval means nothing to it.
   */
  public VerbService steppedVerbs() {
    verbTimers.forEach(vertx::cancelTimer);
    verbTimers.clear();
    return verbs;
  }

  public Metrics metrics() {
    return metrics;
  }

  /** The GPU time that was used. */
  public Usage usage() {
    return usage;
  }

  public FleetFigures figures() {
    return figures;
  }

  public Readiness readiness() {
    return readiness;
  }
}
