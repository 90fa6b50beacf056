package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.ForwardingListener;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.LockResult;
import gpu.kerf.extender.cluster.MissingPart;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.GuardedTask;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RateLimiter;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.cluster.kubernetes.calling.TwoAtATime;
import gpu.kerf.extender.cluster.kubernetes.installation.Installation;
import gpu.kerf.extender.cluster.kubernetes.installation.InstallationCheck;
import gpu.kerf.extender.cluster.kubernetes.installation.InstallationWatch;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventories;
import gpu.kerf.extender.cluster.kubernetes.objects.BudgetDisruptions;
import gpu.kerf.extender.cluster.kubernetes.objects.Claims;
import gpu.kerf.extender.cluster.kubernetes.objects.DraNodes;
import gpu.kerf.extender.cluster.kubernetes.objects.ForeignPods;
import gpu.kerf.extender.cluster.kubernetes.objects.GangSizeSink;
import gpu.kerf.extender.cluster.kubernetes.objects.Labels;
import gpu.kerf.extender.cluster.kubernetes.objects.NodeObject;
import gpu.kerf.extender.cluster.kubernetes.objects.NodeSink;
import gpu.kerf.extender.cluster.kubernetes.objects.PodSink;
import gpu.kerf.extender.cluster.kubernetes.objects.Quarantine;
import gpu.kerf.extender.cluster.kubernetes.objects.Slices;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Auditor;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Checkpoint;
import gpu.kerf.extender.cluster.kubernetes.reconciling.ClaimSweeper;
import gpu.kerf.extender.cluster.kubernetes.reconciling.ClusterAudit;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Difference;
import gpu.kerf.extender.cluster.kubernetes.reconciling.EndedPods;
import gpu.kerf.extender.cluster.kubernetes.reconciling.MissedDeletions;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Reconciler;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.PauseDetector;
import gpu.kerf.extender.cluster.kubernetes.watching.ResourceWatch;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.cluster.kubernetes.watching.WatchNews;
import gpu.kerf.extender.cluster.kubernetes.writing.Advertiser;
import gpu.kerf.extender.cluster.kubernetes.writing.BindFence;
import gpu.kerf.extender.cluster.kubernetes.writing.Binder;
import gpu.kerf.extender.cluster.kubernetes.writing.BindingLease;
import gpu.kerf.extender.cluster.kubernetes.writing.ClaimQueue;
import gpu.kerf.extender.cluster.kubernetes.writing.ClaimWriter;
import gpu.kerf.extender.cluster.kubernetes.writing.DeviceClasses;
import gpu.kerf.extender.cluster.kubernetes.writing.Events;
import gpu.kerf.extender.cluster.kubernetes.writing.Evictor;
import gpu.kerf.extender.cluster.kubernetes.writing.GateOpener;
import gpu.kerf.extender.cluster.kubernetes.writing.KueueWriter;
import gpu.kerf.extender.cluster.kubernetes.writing.LeaseRequests;
import gpu.kerf.extender.cluster.kubernetes.writing.NodeLock;
import gpu.kerf.extender.cluster.kubernetes.writing.PodConditions;
import gpu.kerf.extender.cluster.kubernetes.writing.TeamStatusWriter;
import gpu.kerf.extender.cluster.kubernetes.writing.TeamUsageWriter;
import gpu.kerf.extender.cluster.kubernetes.writing.TurnLease;
import gpu.kerf.extender.kueue.KueueListener;
import gpu.kerf.extender.kueue.KueueStatus;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The port to a real API server. */
public final class KubernetesCluster implements Cluster, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KubernetesCluster.class);
  private static final int BACKGROUND_THREADS = 2;

  /** Bindings of the pods that these let through need the API server as well. */
  private static final int GATE_THREADS = 8;

  private static final int GATES_PER_SECOND = 250;
  private static final int MOST_GATES_AT_ONCE = 50;
  private static final Duration AUDIT_PAUSE = Duration.ofSeconds(2);

  /**
   * A process that was stopped for longer may have been replaced meanwhile, and does not know what
   * the replacement did. Leases of kube-scheduler last longer.
   */
  private static final Duration LONGEST_ABSENCE = Duration.ofSeconds(3);

  /** Within kube-scheduler's 5 seconds there must be time for a look at the node after it. */
  private static final Duration LONGEST_TAKE = Duration.ofSeconds(1);

  private static final BindResult NO_LEASE =
      new BindResult(BindResult.Kind.REFUSED, "The lease to bind did not last until it was sent.");

  private static final BindResult TOO_LATE =
      new BindResult(BindResult.Kind.REFUSED, "It could not be sent in time.");

  private final ApiServer server;
  private final Options options;
  private final Clocks clocks;
  private final Metrics metrics;
  private final RequestPool calls;
  private final RequestPool background;
  private final RequestPool renewals;
  private final RequestPool gates;
  private final RequestPool claimWrites;

  /** As many as claims are written at once: each of those sends two requests at a time. */
  private final Threads.Pool claimFields;

  private final GateOpener gateOpener;
  private final Events events;
  private final NodeLock nodeLock;
  private final Labels labels = new Labels();
  private final BudgetDisruptions disruptions = new BudgetDisruptions(labels);
  private final List<ResourceWatch<?>> watches = new CopyOnWriteArrayList<>();
  private final Threads threads;
  private final List<Threads.Running> running = new ArrayList<>();
  private final PauseDetector pauseDetector;
  private volatile boolean started;
  private volatile boolean closing;
  private @Nullable Quarantine quarantine;
  private volatile @Nullable BindFence fence;
  private volatile @Nullable BindingLease lease;
  private @Nullable TurnLease turnLease;
  private @Nullable Advertiser advertiser;
  private @Nullable PodSink pods;
  private volatile @Nullable MissedDeletions missed;
  private @Nullable NodeSink nodes;
  private volatile @Nullable TeamFollower teams;
  private volatile @Nullable KueueWatches kueue;
  private ResourceWatch.@Nullable Shared watching;
  private @Nullable TeamStatusWriter teamStatus;
  private @Nullable PodConditions turns;
  private @Nullable PodConditions announcements;
  private @Nullable TeamUsageWriter teamUsage;
  private @Nullable EndedPods endedPods;
  private @Nullable ClaimQueue claimQueue;
  private @Nullable ClaimSweeper<?> sweeper;
  private @Nullable Claims claims;
  private @Nullable InstallationWatch installation;

  /**
   * How a cluster is served.
   *
   * @param schedulerName whose pending pods are Kerf's
   * @param workers how many requests run at once
   * @param renewal after how long the API server ends a watch
   * @param instance who this is, in events
   * @param quarantineMargin how long a kubelet that works may take to hear of a deletion
   * @param longestGrace no pod that Kerf places has a longer grace period
   * @param trustsAnnotations whether only other schedulers can write what their pods say of GPUs
   * @param namespace of the Lease that one replica at a time holds to bind, and of the ConfigMap
   *     that says how far the deletions of pods were heard
   * @param process the holder in the Lease, another one after every start
   * @param teams which objects say what the teams are
   * @param dra on which nodes a DRA driver hands out the GPUs
   * @param claimsAtOnce for how many pods ResourceClaims are written at once
   */
  public record Options(
      String schedulerName,
      int workers,
      Duration renewal,
      String instance,
      Duration quarantineMargin,
      Duration longestGrace,
      boolean trustsAnnotations,
      String namespace,
      String process,
      TeamSource teams,
      DraNodes dra,
      int claimsAtOnce) {}

  /** On the threads of this JVM. */
  public KubernetesCluster(ApiServer server, Options options, Clocks clocks, Metrics metrics) {
    this(server, options, clocks, new JvmThreads(), metrics);
  }

  public KubernetesCluster(
      ApiServer server, Options options, Clocks clocks, Threads threads, Metrics metrics) {
    this.server = server;
    this.threads = threads;
    this.options = options;
    this.clocks = clocks;
    this.pauseDetector = new PauseDetector(clocks, LONGEST_ABSENCE);
    this.metrics = metrics;
    this.calls = new RequestPool(server, threads, options.workers, "kerf-call");
    this.nodeLock = new NodeLock(options.schedulerName);
    this.background = new RequestPool(server, threads, BACKGROUND_THREADS, "kerf-background");
    this.renewals = new RequestPool(server, threads, 1, "kerf-lease");
    this.gates = new RequestPool(server, threads, GATE_THREADS, "kerf-gate");
    this.claimWrites = new RequestPool(server, threads, options.claimsAtOnce, "kerf-claim");
    this.claimFields = threads.pool("kerf-claim-field", options.claimsAtOnce, options.claimsAtOnce);
    this.gateOpener =
        new GateOpener(
            gates, new RateLimiter(threads, clocks.nanos(), GATES_PER_SECOND, MOST_GATES_AT_ONCE));
    metrics.zero(Metric.ADVERTISED, "failed");
    metrics.zero(Metric.EVENTS, "failed");
    List.of("passed", "refused").forEach(how -> metrics.zero(Metric.FRESH_READS, how));
    List.of("done", "failed").forEach(how -> metrics.zero(Metric.RECONCILIATIONS, how));
    this.events = new Events(background, metrics, clocks, options.instance);
  }

  /** Begins to follow the cluster, and tells a listener of it on the executor. */
  public void start(Executor loop, ClusterListener listener) {
    Advertiser capacity = new Advertiser(background, loop, metrics, clocks::elapsedMillis);
    GpuCatalog catalog = GpuCatalog.builtIn();
    DriverPools pools = new DriverPools();
    Announced announced = new Announced(capacity);
    NodeSink known =
        new NodeSink(Inventories.all(catalog, pools), listener, announced, options.dra);
    Quarantine quarantined =
        new Quarantine(options.quarantineMargin, clocks.nanos(), new QuarantineNews(listener));
    quarantine = quarantined;
    announced.quarantine = quarantined;
    Claims claimed = new Claims(pools, quarantined::mayRun, announced::changed);
    claims = claimed;
    ClaimSweeper<?> sweeping = sweeper(claimed, quarantined::mayRun, loop);
    ForeignPods foreignPods =
        new ForeignPods(listener, known::spec, claimed::on, options.trustsAnnotations);
    announced.foreignPods = foreignPods;
    advertiser = capacity;
    nodes = known;
    ResourceWatch.Shared shared =
        new ResourceWatch.Shared(
            server, threads, loop, new Counting(), options.renewal, clocks.nanos());
    watching = shared;
    Slices slices =
        new Slices(
            pools,
            node -> {
              known.lookAgain(node);
              foreignPods.tell(node);
            });
    PodConditions conditions =
        new PodConditions(PodConditions.Kind.TURN, background, loop, clocks, this::event);
    PodConditions notices =
        new PodConditions(PodConditions.Kind.EVICTION, background, loop, clocks, this::event);
    turns = conditions;
    announcements = notices;
    MissedDeletions deletions =
        new MissedDeletions(
            new Checkpoint(server, options.namespace),
            quarantined,
            options.longestGrace,
            clocks.nanos(),
            threads,
            loop);
    missed = deletions;
    PodSink ofListener =
        new PodSink(
            new BoundPods(listener, sweeping, claimed),
            this::waitsForKerf,
            foreignPods,
            labels,
            quarantined,
            deletions::heard,
            uid -> {
              claimed.podEnded(uid);
              sweeping.podEnded(uid);
              conditions.podEnded(uid);
              notices.podEnded(uid);
            });
    pods = ofListener;
    watches.add(new ResourceWatch<>(Resource.SLICES, slices, shared));
    watches.add(new ResourceWatch<>(Resource.NODES, known, shared));
    watches.add(new ResourceWatch<>(Resource.CLAIMS, sweeping, shared));
    watches.add(new ResourceWatch<>(Resource.BUDGETS, disruptions, shared));
    List<ResourceWatch<?>> decisive = new ArrayList<>(watches);
    decisive.removeIf(each -> !each.resource().isDecisive());
    ResourceWatch<PodView> podWatch =
        new ResourceWatch<>(Resource.PODS, ofListener, shared, deletions);
    watches.add(podWatch);
    GangSizeSink.all(listener)
        .forEach((kind, sink) -> watches.add(new ResourceWatch<>(kind, sink, shared)));
    deletions.follow(podWatch);
    BindFence beforeBindings = new BindFence(calls, loop, clocks, metrics, decisive, podWatch);
    LeaseRequests requests = LeaseRequests.toBind(options.namespace, options.process, clocks);
    fence = beforeBindings;
    turnLease =
        new TurnLease(
            renewals,
            loop,
            clocks,
            LeaseRequests.toGiveTurns(options.namespace, options.process, clocks));
    lease = new BindingLease(renewals, loop, clocks, metrics, requests, beforeBindings::shut);
    run(
        "kerf-start",
        () ->
            new GuardedTask("kerf-start", this::startWatches, threads, () -> closing || started)
                .run());
    runForEver("kerf-checkpoint", deletions);
    followTeams(shared, listener);
  }

  private <T> ClaimSweeper<T> sweeper(Sink<T> claims, Predicate<String> mayRun, Executor loop) {
    DeviceClasses classes = new DeviceClasses(clocks.nanos());
    if (options.dra == DraNodes.ALL_THAT_CAN) {
      claimWrites
          .start(
              api -> {
                classes.look(api);
                return true;
              })
          .exceptionally(KubernetesCluster::classesUnknown);
    }
    ClaimWriter writer =
        new ClaimWriter(
            classes,
            metrics,
            () -> UUID.randomUUID().toString(),
            TwoAtATime.on(threads, claimFields));
    ClaimQueue queue =
        new ClaimQueue(
            claimWrites,
            loop,
            writer,
            metrics,
            clocks::elapsedMillis,
            () -> Objects.requireNonNull(lease, "It was not started."),
            this::overlapping);
    claimQueue = queue;
    ClaimSweeper<T> made =
        new ClaimSweeper<>(
            claims,
            queue,
            this::becomesTheOne,
            mayRun,
            new ClaimSweeper.Reporting(events, metrics),
            clocks::elapsedMillis,
            loop);
    sweeper = made;
    return made;
  }

  private static boolean classesUnknown(Throwable failure) {
    LOG.atWarn()
        .addKeyValue(LogKeys.PROBLEM, String.valueOf(failure.getMessage()))
        .log("The DeviceClasses could not be read; Kerf reads them before it claims devices.");
    return false;
  }

  private String overlapping(DeviceClaim claim) {
    String own = sweeper == null ? "" : sweeper.claimUid(claim.pod().uid());
    Map<String, List<Claims.DeviceUse>> byPool = new LinkedHashMap<>();
    for (DeviceClaim.Request request : claim.requests()) {
      for (DeviceClaim.Device each : request.devices()) {
        byPool
            .computeIfAbsent(each.pool(), pool -> new ArrayList<>())
            .add(new Claims.DeviceUse(each.name(), each.memoryMiB()));
      }
    }
    for (Map.Entry<String, List<Claims.DeviceUse>> each : byPool.entrySet()) {
      String other = overlappingClaim(own, each.getKey(), each.getValue());
      if (other != null) {
        return other;
      }
    }
    return "";
  }

  private CompletionStage<Boolean> becomesTheOne() {
    BindingLease toBind = lease;
    return toBind == null
        ? CompletableFuture.completedStage(false)
        : toBind.take().thenApply(readiness -> readiness == BindReadiness.READY);
  }

  private void followTeams(ResourceWatch.Shared shared, ClusterListener listener) {
    TeamStatusWriter status =
        new TeamStatusWriter(background, shared.loop(), clocks, this::budgetReached);
    TeamUsageWriter usage = new TeamUsageWriter(background, shared.loop(), clocks);
    boolean ownStatus = options.teams == TeamSource.KERF;
    TeamFollower follower =
        new TeamFollower(
            options.teams,
            shared,
            this::watchApart,
            (accepted, readings) -> {
              if (ownStatus) {
                listener.teamUsageRead(usage.read(readings));
              }
              listener.teamsChanged(accepted);
              if (ownStatus) {
                status.accepted(accepted, readings);
              }
            },
            TeamFollower.LOOK);
    teams = follower;
    teamStatus = status;
    teamUsage = usage;
    endedPods = new EndedPods(background, shared.loop(), listener);
    runForEver("kerf-teams", follower);
  }

  /**
   * Begins to follow Kueue's objects, and tells a listener of them on the thread that owns the
   * ledger; to be called once, after the start.
   */
  public KueueStatus followKueue(KueueListener listener) {
    KueueWatches watches =
        new KueueWatches(listener, Objects.requireNonNull(watching, "It was not started."));
    kueue = watches;
    watches.all().forEach(this::watchApart);
    return new KueueWriter(
        background,
        clocks.wall(),
        new KueueWriter.Paths(watches::pathOfWorkloads, watches::pathOfChecks),
        watches::isKnown);
  }

  private void watchApart(ResourceWatch<?> watch) {
    String name = "kerf-watch-" + watch.resource().word();
    run(name, new GuardedTask(name, watch, threads, () -> closing || watch.isStopped()));
  }

  private void run(String name, Runnable work) {
    synchronized (running) {
      running.add(threads.start(name, work));
    }
  }

  /** Runs work on a thread of its own until this is closed. Its end is the end of the process. */
  public void runForEver(String name, Runnable work) {
    run(name, new GuardedTask(name, work, threads, () -> closing));
  }

  private boolean waitsForKerf(PodView pod) {
    return pod.schedulerName().equals(options.schedulerName);
  }

  /** One after the other: a pod that is told of before its node has to wait for it. */
  private void startWatches() {
    for (ResourceWatch<?> watch : watches) {
      runForEver("kerf-watch-" + watch.resource().word(), watch);
      if (Resource.OF_GANGS.contains(watch.resource())) {
        continue;
      }
      try {
        threads.await(watch.firstListed());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
    started = true;
    LOG.info("All nodes and pods are known.");
  }

  /** Begins to compare a ledger with the cluster at intervals, once it is synced. */
  public void reconcile(Executor loop, Ledger ledger, Duration every) {
    Sink<PodView> sink = Objects.requireNonNull(pods, "It was not started.");
    for (Difference.Kind kind : List.of(Difference.Kind.GONE, Difference.Kind.UNBOUND)) {
      metrics.zero(Metric.REPAIRS, kind.word());
    }
    Reconciler.Reporting told = new Reconciler.Reporting(events, metrics, this::synced, every);
    runForEver("kerf-reconcile", new Reconciler(server, threads, loop, ledger, sink, told));
  }

  /** Begins to audit the cluster at intervals. */
  public void audit(Duration every) {
    ClusterAudit audit = new ClusterAudit(server, threads, AUDIT_PAUSE);
    Auditor.Reporting reporting = new Auditor.Reporting(events, metrics, clocks.wall());
    Auditor.Pace pace = new Auditor.Pace(threads, every, options.instance.hashCode());
    run("kerf-audit", new Auditor(audit, pace, reporting));
  }

  /** Begins to check at intervals that everything is there that Kerf was installed with. */
  public void checkInstallation(Installation installed) {
    InstallationWatch watch =
        new InstallationWatch(server, new InstallationCheck(installed), threads);
    installation = watch;
    run("kerf-installation", watch);
  }

  @Override
  public List<MissingPart> missingParts() {
    List<MissingPart> missing = new ArrayList<>();
    if (installation != null) {
      missing.addAll(installation.missing());
    }
    if (nodes != null && synced()) {
      addNodes(nodes, missing);
    }
    return missing;
  }

  private static void addNodes(NodeSink nodes, List<MissingPart> missing) {
    if (nodes.managed() == 0) {
      missing.add(
          new MissingPart(
              "No node has the label kerf.gpu/managed=true, so Kerf gives out no GPU.",
              "Write kubectl label node NODE kerf.gpu/managed=true."));
    } else if (nodes.unusable() > 0) {
      missing.add(
          new MissingPart(
              "%d of %d managed nodes do not say which GPUs they have, or say it wrong."
                  .formatted(nodes.unusable(), nodes.managed()),
              "Their event UnusableGpus says more; the component inventory-reporter asks"
                  + " nvidia-smi."));
    }
  }

  /** Does what is due; to be called now and then on the thread that owns the ledger. */
  public void tick() {
    events.tick();
    notice();
    BindFence known = fence;
    if (known != null) {
      known.tick();
    }
    BindingLease toBind = lease;
    if (toBind != null) {
      toBind.tick();
    }
    if (turnLease != null) {
      turnLease.tick();
    }
    if (advertiser != null) {
      advertiser.tick();
    }
    if (pods != null) {
      pods.tick();
    }
    if (nodes != null) {
      nodes.tick();
      metrics.set(Metric.NODES_UNUSABLE, (double) nodes.unusable());
    }
    metrics.set(Metric.DELETIONS_WAIT, waiting().toMillis() / 1e3);
    for (ResourceWatch<?> watch : watches) {
      metrics.set(Metric.WATCH_AGE, watch.age().toMillis() / 1e3, watch.resource().word());
    }
    if (sweeper != null) {
      sweeper.tick();
    }
    tickTeams();
  }

  private void tickTeams() {
    TeamFollower follower = teams;
    if (follower != null) {
      follower.tick();
    }
    if (teamStatus != null) {
      teamStatus.tick();
    }
    if (teamUsage != null) {
      teamUsage.tick();
    }
    if (turns != null) {
      turns.tick();
    }
    if (announcements != null) {
      announcements.tick();
    }
  }

  /**
   * Another claim of a DRA driver's pool with which devices overlap, as far as its watch has told;
   * to be asked on the thread that owns the ledger.
   *
   * @param claimUid the claim that the devices are for
   * @return the namespace and name of the other one; null if there is none
   */
  public @Nullable String overlappingClaim(
      String claimUid, String pool, List<Claims.DeviceUse> devices) {
    Claims known = claims;
    return known == null ? null : known.overlapping(claimUid, pool, devices);
  }

  /** Something failed on the thread that owns the ledger, and no caller was told. */
  public void loopFailed(Throwable failure) {
    if (GuardedTask.isFatal(failure)) {
      threads.end("The event loop failed.", failure);
    } else {
      LOG.error("Something failed on the event loop.", failure);
    }
  }

  public Disruptions disruptions() {
    return disruptions;
  }

  @Override
  public boolean teamsKnown() {
    TeamFollower follower = teams;
    return synced() && follower != null && follower.isKnown();
  }

  @Override
  public boolean leadsTurns() {
    return turnLease != null && turnLease.isHeld();
  }

  @Override
  public void askedAboutTurn() {
    if (turnLease != null) {
      turnLease.asked();
    }
  }

  @Override
  public CompletionStage<BindResult> bind(Binding binding) {
    events.binding();
    if (turns != null) {
      turns.binding();
    }
    if (announcements != null) {
      announcements.binding();
    }
    BindingLease toBind = lease;
    if (toBind == null) {
      return CompletableFuture.completedStage(NO_LEASE);
    }
    long decided = clocks.nanos().getAsLong();
    long term = toBind.begun();
    return calls
        .start(api -> send(api, binding, toBind, decided, term))
        .thenApply(result -> bound(result, decided))
        .exceptionally(KubernetesCluster::notStarted)
        .whenComplete(
            (result, failure) ->
                toBind.ended(result != null && result.kind() != BindResult.Kind.UNKNOWN));
  }

  private BindResult send(
      ApiServer api, Binding binding, BindingLease toBind, long decided, long term) {
    if (!isFresh(decided)) {
      return TOO_LATE;
    }
    return toBind.covers(term) ? Binder.bind(api, binding) : NO_LEASE;
  }

  private BindResult bound(BindResult result, long decided) {
    BindFence known = fence;
    if (known != null && result.kind() == BindResult.Kind.BOUND) {
      known.bound(decided);
    }
    return result;
  }

  @Override
  public boolean upToDate() {
    BindFence known = fence;
    BindingLease toBind = lease;
    boolean held = toBind == null || toBind.isHeld();
    return held && (known == null || known.isOpen());
  }

  @Override
  public CompletionStage<BindReadiness> catchUp(String node, PodView.Ref pod) {
    BindFence known = fence;
    BindingLease toBind = lease;
    if (known == null || toBind == null) {
      return CompletableFuture.completedStage(BindReadiness.BEHIND);
    }
    long began = clocks.nanos().getAsLong();
    // What the former holder has bound is read once this replica holds the lease, not before.
    return toBind.take().thenCompose(ready -> taken(ready, known, node, pod, began));
  }

  private CompletionStage<BindReadiness> taken(
      BindReadiness ready, BindFence known, String node, PodView.Ref pod, long began) {
    if (ready != BindReadiness.READY || known.isOpen()) {
      return CompletableFuture.completedStage(ready);
    }
    if (clocks.nanos().getAsLong() - began > LONGEST_TAKE.toNanos()) {
      return CompletableFuture.completedStage(BindReadiness.BEHIND);
    }
    return known
        .look(node, pod)
        .thenApply(done -> done ? BindReadiness.READY : BindReadiness.BEHIND);
  }

  @Override
  public long bindingTerm() {
    BindingLease toBind = lease;
    return toBind == null ? 0 : toBind.term();
  }

  @Override
  public String bindingProblem() {
    BindingLease toBind = lease;
    String toBindProblem = toBind == null ? "" : toBind.problem();
    return toBindProblem.isEmpty() && turnLease != null ? turnLease.problem() : toBindProblem;
  }

  private boolean isFresh(long decided) {
    return clocks.nanos().getAsLong() - decided < LONGEST_ABSENCE.toNanos();
  }

  private static BindResult notStarted(Throwable failure) {
    // Only what never ran is known not to have happened.
    boolean refused = failure instanceof RejectedExecutionException;
    return new BindResult(
        refused ? BindResult.Kind.REFUSED : BindResult.Kind.UNKNOWN, String.valueOf(failure));
  }

  @Override
  public CompletionStage<Optional<PodView>> read(PodView.Ref pod) {
    return calls.start(api -> Binder.read(api, pod));
  }

  @Override
  public CompletionStage<LockResult> lock(String node, PodView.Ref pod) {
    BindingLease toBind = lease;
    if (toBind == null) {
      return CompletableFuture.failedStage(new IOException(NO_LEASE.text()));
    }
    // A pod that waits for its node is about to be bound, so the lease is not idle.
    long term = toBind.begun();
    return calls
        .start(
            api -> {
              if (!toBind.covers(term)) {
                throw new IOException(NO_LEASE.text());
              }
              return nodeLock.take(api, node, pod, clocks.wall().instant());
            })
        .whenComplete((result, failure) -> toBind.ended(true));
  }

  @Override
  public void unlock(String node, PodView.Ref pod) {
    calls
        .start(
            api -> {
              nodeLock.release(api, node, pod);
              return node;
            })
        .exceptionally(failure -> stays(node, failure));
  }

  /** The next pod that needs the lock takes it over. */
  private static String stays(String node, Throwable failure) {
    LOG.atWarn()
        .addKeyValue(LogKeys.NODE, node)
        .addKeyValue(LogKeys.PROBLEM, String.valueOf(failure))
        .log("A node could not be unlocked.");
    return node;
  }

  @Override
  public CompletionStage<ClaimResult> claim(DeviceClaim claim) {
    return claimQueue == null
        ? CompletableFuture.completedStage(
            new ClaimResult(ClaimResult.Kind.NOT_OURS, NO_LEASE.text()))
        : claimQueue.claim(claim);
  }

  @Override
  public CompletionStage<Boolean> unclaim(PodView.Ref pod) {
    return claimQueue == null ? CompletableFuture.completedStage(false) : claimQueue.unclaim(pod);
  }

  @Override
  public boolean mayHaveClaim(String uid) {
    boolean asked = claimQueue != null && claimQueue.mayHaveClaim(uid);
    return asked || (sweeper != null && sweeper.hasClaim(uid));
  }

  @Override
  public CompletionStage<EvictResult> evict(Eviction eviction) {
    Quarantine known = quarantine;
    boolean atOnce = known != null && known.goesAtOnce(eviction.pod().uid());
    return calls
        .start(api -> Evictor.evict(api, eviction, atOnce, clocks.wall().instant()))
        .exceptionally(
            failure -> new EvictResult(EvictResult.Kind.FAILED, String.valueOf(failure)));
  }

  @Override
  public CompletionStage<Boolean> nominate(PodView.Ref pod, String node) {
    return calls.start(api -> Evictor.nominate(api, pod, node));
  }

  @Override
  public CompletionStage<GateResult> openGate(PodView.Ref pod) {
    CompletionStage<GateResult> opening = gateOpener.open(pod);
    return turns == null ? opening : turns.follow(pod, opening);
  }

  @Override
  public void waiting(PodView.Ref pod, long sinceMillis, String text) {
    if (turns != null) {
      turns.holds(pod, sinceMillis, "Waiting", text);
    }
  }

  @Override
  public void announceEviction(PodView.Ref pod, String reason, String text) {
    if (announcements != null) {
      announcements.holds(pod, clocks.wall().millis(), reason, text);
    }
  }

  @Override
  public void withdrawEviction(PodView.Ref pod) {
    if (announcements != null) {
      announcements.over(pod);
    }
  }

  private void budgetReached(String team, String uid, BudgetBalance.Level level, String text) {
    if (!leadsTurns()) {
      // The other replica tells it.
      return;
    }
    String reason =
        level == BudgetBalance.Level.EXHAUSTED ? "BudgetExhausted" : "BudgetNearlyExhausted";
    events.write(
        new Events.About("Team", "", team, uid), new Events.Note(true, reason, "Accounting", text));
  }

  @Override
  public void teamFigures(TeamFigures figures) {
    if (teamStatus != null) {
      teamStatus.figures(figures);
    }
  }

  @Override
  public CompletionStage<Void> teamUsage(Map<String, UsageCheckpoint> usage) {
    return teamUsage == null ? CompletableFuture.completedFuture(null) : teamUsage.write(usage);
  }

  @Override
  public boolean keepsTeamUsage() {
    return turnLease != null && (turnLease.isHeld() || !turnLease.isAnothers());
  }

  @Override
  public CompletionStage<Void> tellEndedPods() {
    return endedPods == null ? CompletableFuture.completedFuture(null) : endedPods.tell();
  }

  @Override
  public void nudge(PodView.Ref pod) {
    background.start(api -> Evictor.nudge(api, pod, clocks.wall().instant()));
  }

  @Override
  public void event(PodEvent event) {
    PodView.Ref pod = event.pod();
    events.write(
        new Events.About("Pod", pod.namespace(), pod.name(), pod.uid()),
        new Events.Note(event.warning(), event.reason(), "Scheduling", event.message()));
  }

  @Override
  public boolean synced() {
    notice();
    return started && allListed();
  }

  @Override
  public Duration waiting() {
    MissedDeletions known = missed;
    return known == null ? Duration.ZERO : known.waiting();
  }

  private boolean allListed() {
    for (ResourceWatch<?> watch : watches) {
      if (watch.resource().isDecisive() && !watch.listed()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean nodesTold() {
    return watches.stream()
        .anyMatch(watch -> watch.resource().equals(Resource.NODES) && watch.listed());
  }

  /**
   * After an absence nothing is answered until everything has been listed anew. After a step of the
   * wall clock, which may be one, the next binding reads first what is on its node.
   */
  private void notice() {
    PauseDetector.Absence absence = pauseDetector.look();
    // Asked before the start as well: the start may take long although the process was never
    // stopped.
    if (absence == PauseDetector.Absence.NONE || !started) {
      return;
    }
    BindFence known = fence;
    if (known != null) {
      known.doubt();
    }
    if (absence == PauseDetector.Absence.SURE) {
      LOG.warn("This process was stopped for a while; everything is listed again.");
      watches.forEach(ResourceWatch::listAgain);
      TeamFollower follower = teams;
      if (follower != null) {
        follower.watches().forEach(ResourceWatch::listAgain);
      }
      KueueWatches ofKueue = kueue;
      if (ofKueue != null) {
        ofKueue.all().forEach(ResourceWatch::listAgain);
      }
    } else {
      LOG.info("The wall clock was set forward, or this machine was suspended.");
    }
  }

  @Override
  public Duration staleness() {
    Duration oldest = Duration.ZERO;
    for (ResourceWatch<?> watch : watches) {
      boolean counts = watch.resource().isDecisive() && !watch.isAbsent();
      Duration age = counts ? watch.age() : Duration.ZERO;
      oldest = age.compareTo(oldest) > 0 ? age : oldest;
    }
    return oldest;
  }

  /** Lets requests that are under way end; hears nothing more. */
  @Override
  public void close() {
    closing = true;
    watches.forEach(ResourceWatch::stop);
    TeamFollower follower = teams;
    if (follower != null) {
      follower.stop();
    }
    KueueWatches ofKueue = kueue;
    if (ofKueue != null) {
      ofKueue.all().forEach(ResourceWatch::stop);
    }
    synchronized (running) {
      running.forEach(Threads.Running::interrupt);
    }
    CompletableFuture.allOf(
            CompletableFuture.runAsync(calls::close),
            CompletableFuture.runAsync(background::close),
            CompletableFuture.runAsync(gates::close),
            CompletableFuture.runAsync(claimWrites::close).thenRun(claimFields::close),
            CompletableFuture.runAsync(renewals::close))
        .join();
    BindingLease toBind = lease;
    if (toBind != null) {
      toBind.close(server);
    }
    server.close();
  }

  /** Tells a listener of pods, and the sweeper which of them are bound. */
  private static final class BoundPods extends ForwardingListener {
    private final ClaimSweeper<?> sweeper;
    private final Claims claims;

    BoundPods(ClusterListener next, ClaimSweeper<?> sweeper, Claims claims) {
      super(next);
      this.sweeper = sweeper;
      this.claims = claims;
    }

    /** The pod's own claim is over first: what the ledger frees is free at once. */
    @Override
    public void podEnded(String uid) {
      claims.ownerEnded(uid);
      super.podEnded(uid);
    }

    @Override
    public void podChanged(PodView pod) {
      if (pod.isBound()) {
        sweeper.podBound(pod.uid());
      }
      super.podChanged(pod);
    }
  }

  /** What follows from a node's news. */
  private final class Announced implements NodeSink.NodeListener {
    private final Advertiser capacity;
    private @Nullable ForeignPods foreignPods;
    private @Nullable Quarantine quarantine;

    Announced(Advertiser capacity) {
      this.capacity = capacity;
    }

    @Override
    public void nodeChanged(String node, NodeObject.Kubelet kubelet) {
      if (quarantine != null) {
        quarantine.nodeChanged(node, kubelet);
      }
    }

    @Override
    public void advertise(NodeObject node, @Nullable NodeSpec spec) {
      capacity.advertise(node, spec);
    }

    @Override
    public void changed(String node) {
      if (foreignPods != null) {
        foreignPods.tell(node);
      }
    }

    @Override
    public void doubtful(Meta node, String problem) {
      LOG.atWarn()
          .addKeyValue(LogKeys.NODE, node.name())
          .addKeyValue(LogKeys.PROBLEM, problem)
          .log("A node is used by an older inventory.");
      events.write(
          new Events.About("Node", "", node.name(), node.uid()),
          new Events.Note(true, "OutdatedInventory", "Inventory", problem));
    }

    @Override
    public void unusable(Meta node, String problem) {
      LOG.atWarn()
          .addKeyValue(LogKeys.NODE, node.name())
          .addKeyValue(LogKeys.PROBLEM, problem)
          .log("A node cannot be used.");
      events.write(
          new Events.About("Node", "", node.name(), node.uid()),
          new Events.Note(true, "UnusableGpus", "Inventory", problem));
    }

    @Override
    public void nodeRemoved(String node) {
      capacity.nodeRemoved(node);
      if (quarantine != null) {
        quarantine.nodeRemoved(node);
      }
    }
  }

  /** Tells of pods that were deleted by force. */
  private final class QuarantineNews implements Quarantine.QuarantineListener {
    private final ClusterListener listener;

    QuarantineNews(ClusterListener listener) {
      this.listener = listener;
    }

    @Override
    public void begun(Meta pod, String node, Duration period) {
      LOG.atWarn()
          .addKeyValue(LogKeys.POD, pod.key())
          .addKeyValue(LogKeys.UID, pod.uid())
          .addKeyValue(LogKeys.NODE, node)
          .addKeyValue(LogKeys.MILLIS, period.toMillis())
          .log("A pod was deleted by force; its GPU memory is held while its containers may run.");
      String text =
          "The pod was deleted by force and its containers may still run on node "
              + node
              + "; its GPU memory is held for "
              + period.toSeconds()
              + " s.";
      events.write(
          new Events.About("Pod", pod.namespace(), pod.name(), pod.uid()),
          new Events.Note(true, "DeletedByForce", "Quarantine", text));
    }

    @Override
    public void changed(String uid, Quarantined hold) {
      listener.podQuarantined(uid, hold);
    }
  }

  /** Counts what becomes of watches. */
  private final class Counting implements WatchNews {
    @Override
    public void ended(Resource resource, Cause cause) {
      metrics.count(Metric.WATCH_ENDS, resource.word(), cause.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public void listed(Resource resource, int objects, long millis) {
      metrics.count(Metric.LISTS, resource.word());
      LOG.atInfo()
          .addKeyValue(LogKeys.RESOURCE, resource.word())
          .addKeyValue(LogKeys.COUNT, objects)
          .addKeyValue(LogKeys.MILLIS, millis)
          .log("Listed.");
    }

    @Override
    public void event(Resource resource) {
      metrics.count(Metric.WATCH_EVENTS, resource.word());
    }

    @Override
    public void unreadable(Resource resource) {
      metrics.count(Metric.UNREADABLE, resource.word());
    }
  }
}
