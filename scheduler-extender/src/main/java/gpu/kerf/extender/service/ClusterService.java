package gpu.kerf.extender.service;

import gpu.kerf.extender.access.ApiServerReviews;
import gpu.kerf.extender.certificate.CertificateKeeper;
import gpu.kerf.extender.cluster.kubernetes.KubernetesCluster;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.installation.Installation;
import gpu.kerf.extender.cluster.kubernetes.objects.DraNodes;
import gpu.kerf.extender.cluster.kubernetes.objects.GpuDrivers;
import gpu.kerf.extender.cluster.kubernetes.writing.WebhookVault;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.delivery.DeliveryByNode;
import gpu.kerf.extender.delivery.DraDelivery;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.delivery.GpushareDelivery;
import gpu.kerf.extender.delivery.HamiDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.kueue.check.FitsCheck;
import gpu.kerf.extender.settings.DraSettings;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.hardware.DeliveryWay;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The service on a real cluster. */
public final class ClusterService {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterService.class);
  private static final long TICK_MILLIS = 500;

  /** A user's first look takes a review for each namespace. */
  private static final int REVIEW_THREADS = 8;

  private final Context context;
  private final Scheduling scheduling;
  private final KubernetesCluster cluster;
  private final Service service;
  private final RequestPool reviews;
  private int port;

  private ClusterService(
      Vertx vertx, LiveSettings settings, ApiServer server, String namespace, Clocks clocks) {
    this.context = vertx.getOrCreateContext();
    this.scheduling =
        new Scheduling(
            Dialects.all(settings.current().reading()),
            clocks,
            action -> context.runOnContext(nothing -> action.run()));
    Metrics metrics = new Metrics();
    KubernetesCluster.Options options = options(settings.current(), namespace);
    this.cluster = new KubernetesCluster(server, options, clocks, metrics);
    this.reviews = new RequestPool(server, new JvmThreads(), REVIEW_THREADS, "kerf-review");
    Service.Environment serviceEnvironment =
        new Service.Environment(
            cluster,
            delivery(settings.current()),
            cluster.disruptions(),
            "cluster",
            metrics,
            new ApiServerReviews(reviews));
    this.service = new Service(vertx, settings, scheduling, serviceEnvironment, clocks);
    context.exceptionHandler(cluster::loopFailed);
    cluster.start(scheduling.loop(), service.listener());
    FitsCheck kueue = service.kueue();
    if (kueue != null) {
      kueue.start(cluster.followKueue(kueue));
    }
    cluster.reconcile(
        scheduling.loop(), scheduling.ledger(), settings.current().cluster().reconcile());
    cluster.audit(settings.current().audit().every());
    cluster.checkInstallation(installation(settings.current(), namespace));
    if (settings.current().admission().enabled()) {
      cluster.retryControllers();
    }
    vertx.setPeriodic(TICK_MILLIS, id -> tick());
    keepCertificates(settings.current().certificates(), server, clocks, metrics);
  }

  private void tick() {
    cluster.tick();
    cluster.ready(service.ready());
  }

  private void keepCertificates(
      Settings.Certificates how, ApiServer server, Clocks clocks, Metrics metrics) {
    if (!how.make()) {
      return;
    }
    CertificateKeeper.CertificateOptions options =
        new CertificateKeeper.CertificateOptions(
            WebhookVault.names(how.namespace()),
            Path.of(how.folder()),
            how.validity(),
            how.checkEvery());
    WebhookVault vault = new WebhookVault(server, how.namespace());
    cluster.runForEver(
        "kerf-certificate", new CertificateKeeper(vault, options, clocks.wall(), metrics));
  }

  private Delivery delivery(Settings settings) {
    GpushareDialect.Unit unit = settings.dialects().gpushareUnit();
    HamiDelivery hami = new HamiDelivery(scheduling, cluster);
    return new DeliveryByNode(
        Map.of(
            DeliveryWay.ENV, new EnvDelivery(),
            DeliveryWay.HAMI, hami,
            DeliveryWay.HAMI_MIG, hami,
            DeliveryWay.GPUSHARE, new GpushareDelivery(scheduling, cluster, unit),
            DeliveryWay.DRA, new DraDelivery(scheduling, cluster, classes(settings.dra()))),
        cluster);
  }

  private static DraDelivery.Classes classes(DraSettings dra) {
    return new DraDelivery.Classes(dra.wholeClass(), dra.migClass(), dra.shareClass());
  }

  private static KubernetesCluster.Options options(Settings settings, String namespace) {
    Settings.Cluster cluster = settings.cluster();
    String host = hostname();
    return new KubernetesCluster.Options(
        cluster.schedulerName(),
        cluster.workers(),
        cluster.watch(),
        host,
        cluster.quarantineMargin(),
        settings.admission().maxTerminationGracePeriod(),
        settings.dialects().trustAnnotations(),
        namespace,
        host + "_" + UUID.randomUUID(),
        settings.teams().source(),
        settings.dra().automatic() ? DraNodes.ALL_THAT_CAN : DraNodes.LABELLED,
        settings.dra().atOnce(),
        new GpuDrivers(
            Set.copyOf(settings.dra().gpuDrivers().values()),
            Set.copyOf(settings.dra().otherDrivers().values())));
  }

  private static Installation installation(Settings settings, String namespace) {
    boolean webhook = settings.admission().enabled();
    return new Installation(
        namespace,
        webhook ? settings.admission().runtimeClass() : "",
        webhook,
        settings.certificates().make(),
        settings.certificates().namespace(),
        settings.observe().access() == Settings.ObserveAccess.TOKEN,
        settings.teams().source(),
        settings.kueue().enabled());
  }

  private static String hostname() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "kerf";
    }
  }

  /** Returns when it listens; it is ready later, when everything of the cluster is known. */
  public static ClusterService start(Vertx vertx, LiveSettings settings)
      throws AccessException, IOException {
    return start(vertx, settings, System.getenv());
  }

  /** The same in another environment. */
  public static ClusterService start(
      Vertx vertx, LiveSettings settings, Map<String, String> environment)
      throws AccessException, IOException {
    return start(vertx, settings, environment, Clocks.system());
  }

  /** The same with other clocks. */
  public static ClusterService start(
      Vertx vertx, LiveSettings settings, Map<String, String> environment, Clocks clocks)
      throws AccessException, IOException {
    Settings.Cluster how = settings.current().cluster();
    Duration silence = how.watch().plus(how.watch().dividedBy(2));
    Access access = new Access(environment, Path.of(System.getProperty("user.home", "/")));
    ApiServer server = access.connect(how.kubeconfig(), new Access.Patience(how.call(), silence));
    String namespace =
        how.namespace().isEmpty() ? access.namespace(how.kubeconfig()) : how.namespace();
    ClusterService started =
        Vertxes.on(
            vertx.getOrCreateContext(),
            () ->
                Future.succeededFuture(
                    new ClusterService(vertx, settings, server, namespace, clocks)));
    try {
      started.port = started.service.listen(started.context);
    } catch (IOException e) {
      started.reviews.close();
      started.cluster.close();
      throw e;
    }
    LOG.atInfo().addKeyValue(LogKeys.ADDRESS, server.address()).log("Serving the cluster.");
    return started;
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  public Scheduling scheduling() {
    return scheduling;
  }

  public Service service() {
    return service;
  }

  public KubernetesCluster cluster() {
    return cluster;
  }

  /** Answers what has been asked, then lets go of the cluster. */
  public void stop() {
    Vertxes.on(context, service::stop);
    reviews.close();
    cluster.close();
  }
}
