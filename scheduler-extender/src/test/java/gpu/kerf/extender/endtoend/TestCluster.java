package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.SlotChecker;
import gpu.kerf.extender.schedulerconfig.SchedulerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;

/**
 * A cluster that Kerf serves: control plane, kwok, Kerf and kube-scheduler, each a process of its
 * own. Tests of a class share one, and leave nothing in it.
 */
final class TestCluster implements AutoCloseable {
  /** Far more than anything needs, so that only what never comes fails. */
  private static final Duration PATIENCE = Await.LONG.multipliedBy(3);

  /** How long pods have to end as they should. */
  private static final Duration MOST_GRACE = Duration.ofSeconds(10);

  static final String PODS = "/api/v1/namespaces/default/pods";

  private final ControlPlane plane;
  private final Api api;
  private final StepProxy toApi;
  private final StepProxy toKerf;
  private final KerfProcess kerf;
  private final KubeScheduler scheduler;

  /**
   * As whom Kerf and kube-scheduler speak to the API server.
   *
   * @param leases the namespace of kube-scheduler's lease; empty where it needs none
   */
  record Accounts(Path kerf, Path scheduler, String leases) {}

  private TestCluster(ControlPlane plane, Accounts accounts, List<String> settings) {
    this.plane = plane;
    this.api = Api.of(plane.kubeconfig());
    plane.kwok();
    this.toApi = StepProxy.to(api.server(), api.certificate());
    this.kerf = new KerfProcess(plane, "kerf", through(toApi, accounts.kerf), settings);
    this.toKerf = StepProxy.to(kerf.address(), null);
    Path config = schedulerConfig(plane, toKerf.address(), accounts);
    this.scheduler = plane.scheduler(config, accounts.scheduler);
  }

  /** All of it, running. */
  static TestCluster start(String... settings) {
    return start(List.of(settings), false);
  }

  /** The same with a kube-scheduler that acts only while it holds the lease. */
  static TestCluster withElection() {
    return start(List.of(), true);
  }

  private static TestCluster start(List<String> settings, boolean election) {
    ControlPlane plane = ControlPlane.start();
    return on(plane, administrators(plane, election), settings);
  }

  /** On a control plane that has something already, which goes with it. */
  static TestCluster on(ControlPlane plane, Accounts accounts, List<String> settings) {
    try {
      TestCluster cluster = new TestCluster(plane, accounts, settings);
      cluster.kerf.start();
      cluster.scheduler.start();
      return cluster;
    } catch (RuntimeException | AssertionError failed) {
      plane.close();
      throw failed;
    }
  }

  /** A kubeconfig, by way of a passage. */
  private Path through(StepProxy stepProxy, Path kubeconfig) {
    try {
      String config = Files.readString(kubeconfig);
      Path file = plane.logs().resolve("data").resolve("through.kubeconfig");
      return Files.writeString(file, config.replace(api.server(), stepProxy.address()));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** What {@code kerf scheduler-config} prints. */
  static Path schedulerConfig(ControlPlane plane, String extender, boolean election) {
    return schedulerConfig(plane, extender, administrators(plane, election));
  }

  private static Accounts administrators(ControlPlane plane, boolean election) {
    return new Accounts(plane.kubeconfig(), plane.kubeconfig(), election ? "default" : "");
  }

  private static Path schedulerConfig(ControlPlane plane, String extender, Accounts accounts) {
    String kubeconfig = accounts.scheduler.toString();
    boolean election = !accounts.leases.isEmpty();
    String yaml =
        SchedulerConfig.yaml(
                new SchedulerConfig.Options(
                    "kerf", extender, accounts.leases, kubeconfig, election, "", "", ""))
            // Tests need not wait as long for the next leader as clusters do.
            .replace(
                "leaderElect: true",
                "leaderElect: true\n  leaseDuration: 6s\n  renewDeadline: 4s\n  retryPeriod: 1s");
    try {
      return Files.writeString(
          Files.createTempFile(plane.logs().resolve("data"), "scheduler", ".yaml"), yaml);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  ControlPlane plane() {
    return plane;
  }

  Api api() {
    return api;
  }

  KerfProcess kerf() {
    return kerf;
  }

  KubeScheduler scheduler() {
    return scheduler;
  }

  /** Between Kerf and the API server. */
  StepProxy toApi() {
    return toApi;
  }

  /** Between kube-scheduler and Kerf. */
  StepProxy toKerf() {
    return toKerf;
  }

  /** Creates nodes and waits until they offer what they have. */
  void nodes(String... manifests) {
    plane.create("/api/v1/nodes", Arrays.asList(manifests));
    await("all nodes are ready and advertise", () -> nodesAdvertise(manifests.length));
  }

  private boolean nodesAdvertise(int least) {
    JsonNode nodes = api.get("/api/v1/nodes").path("items");
    return nodes.size() >= least
        && each(nodes)
            .allMatch(
                node ->
                    node.at("/status/allocatable").has("kerf.gpu/memory")
                        && node.at("/status/conditions/0/status").asText().equals("True"));
  }

  static java.util.stream.Stream<JsonNode> each(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  void create(Pod... pods) {
    plane.create(PODS, Arrays.stream(pods).map(Pod::json).toList());
  }

  /** There is a priority class of that name. */
  void priority(String name, int value) {
    String body = "{\"metadata\":{\"name\":\"%s\"},\"value\":%d}".formatted(name, value);
    api.send("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", body);
  }

  /** A budget that allows none of so many pods with a label to go, and is known to do so. */
  void budget(String app, int pods) {
    String budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    api.post(
        budgets,
        """
        {"metadata":{"name":"%1$s"},
         "spec":{"minAvailable":%2$d,"selector":{"matchLabels":{"app":"%1$s"}}}}
        """
            .formatted(app, pods));
    await(
        "the budget counts",
        () -> api.get(budgets + "/" + app).at("/status/currentHealthy").asInt() == pods);
  }

  JsonNode pod(String name) {
    return api.get(PODS + "/" + name);
  }

  List<JsonNode> pods() {
    return each(api.get("/api/v1/pods").path("items")).toList();
  }

  /** Where a pod is; empty while it is nowhere. */
  String nodeOf(String name) {
    return pod(name).at("/spec/nodeName").asText("");
  }

  boolean exists(String name) {
    return api.send("GET", PODS + "/" + name, "").status() != 404;
  }

  void delete(String name) {
    api.delete(PODS + "/" + name);
  }

  void awaitRunning(String... names) {
    for (String name : names) {
      await(
          name + " runs",
          () -> pod(name).at("/status/phase").asText().equals("Running"),
          () -> plane.kubectl("describe", "pod", name));
    }
  }

  void awaitGone(String name) {
    await(name + " is gone", () -> !exists(name));
  }

  /** Waits until so many pods of all namespaces run. */
  void awaitRunning(int pods) {
    awaitRunningSeenBy(kerf, pods);
  }

  /** The same where another Kerf is asked about pods that wait in vain. */
  void awaitRunningSeenBy(KerfProcess witness, int pods) {
    await(
        pods + " pods run",
        () -> running() >= pods,
        () -> running() + " run; " + witness.get("/api/v1/pods?state=pending&limit=3"));
  }

  long running() {
    return pods().stream()
        .filter(pod -> pod.at("/status/phase").asText().equals("Running"))
        .count();
  }

  /** The first slot of a pod, as its annotation says. */
  JsonNode slotOf(String name) {
    return placement(pod(name)).at("/containers/0/slots/0");
  }

  static JsonNode placement(JsonNode pod) {
    try {
      return Api.JSON.readTree(pod.at("/metadata/annotations/kerf.gpu~1placement").asText("{}"));
    } catch (IOException malformed) {
      throw new AssertionError(malformed);
    }
  }

  /** What kube-scheduler says of why a pod is not placed. */
  String complaint(String name) {
    return each(pod(name).at("/status/conditions"))
        .filter(condition -> condition.path("type").asText().equals("PodScheduled"))
        .map(condition -> condition.path("message").asText())
        .findFirst()
        .orElse("");
  }

  void awaitComplaint(String name, String text) {
    await(
        name + " waits because " + text,
        () -> complaint(name).contains(text),
        () -> complaint(name));
  }

  /** No slot is given twice, and exactly so many are given. */
  void assertSlots(int slots) {
    SlotChecker checker = SlotChecker.check(plane);
    assertThat(checker.problems()).as("slots given twice").isEmpty();
    assertThat(checker.slots()).as("slots given").isEqualTo(slots);
  }

  /** Kerf's ledger is what another Kerf finds that was never here before. */
  void assertLedgerIsWhatFreshOneFinds() {
    try (KerfProcess fresh = new KerfProcess(plane, "fresh", plane.kubeconfig(), List.of())) {
      fresh.start();
      await(
          "both ledgers agree",
          () -> kerf.held().equals(fresh.held()) && kerf.placements() == fresh.placements(),
          () ->
              "Kerf's, %d placements: %s%nthe fresh one's, %d placements: %s"
                  .formatted(kerf.placements(), kerf.held(), fresh.placements(), fresh.held()));
      assertThat(fresh.metric("kerf_ledger_conflicts")).isZero();
      assertThat(kerf.metric("kerf_ledger_conflicts")).isZero();
    }
  }

  /** Takes everything away that a test made; the ledger must be empty then. */
  void clear() {
    toApi.open();
    toKerf.open();
    List<String> namespaces = pods().stream().map(TestCluster::namespace).distinct().toList();
    for (String namespace : namespaces) {
      for (String owners : List.of("apis/apps/v1", "apis/batch/v1")) {
        String kind = owners.contains("batch") ? "jobs" : "deployments";
        api.delete("/%s/namespaces/%s/%s".formatted(owners, namespace, kind));
      }
      api.delete("/apis/policy/v1/namespaces/" + namespace + "/poddisruptionbudgets");
    }
    long began = System.nanoTime();
    await(
        "all pods are gone",
        () -> {
          // With time, for what is deleted without is quarantined; but some take too much of it.
          int grace = System.nanoTime() - began < MOST_GRACE.toNanos() ? 1 : 0;
          namespaces.forEach(
              name ->
                  api.delete("/api/v1/namespaces/" + name + "/pods?gracePeriodSeconds=" + grace));
          return pods().isEmpty();
        });
    await("the ledger is empty", () -> kerf.placements() == 0);
    api.delete("/api/v1/nodes");
    await("no node is known", () -> kerf.metric("kerf_nodes ") == 0);
  }

  private static String namespace(JsonNode pod) {
    return pod.at("/metadata/namespace").asText();
  }

  static void await(String what, BooleanSupplier condition) {
    await(what, condition, () -> "");
  }

  /** Waits for a condition; if it never holds, the error describes the state. */
  static void await(
      String what, BooleanSupplier condition, java.util.function.Supplier<String> standing) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long asked = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not in time: " + what + "\n" + standing.get());
      }
      // Looking must not take most of the machine.
      long taken = System.nanoTime() - asked;
      LockSupport.parkNanos(Math.max(Duration.ofMillis(30).toNanos(), 3 * taken));
      asked = System.nanoTime();
    }
  }

  @Override
  public void close() {
    scheduler.close();
    kerf.close();
    toKerf.close();
    toApi.close();
    plane.close();
  }

  /** Nodes of one kind, as manifests. */
  static String[] manifests(int count, java.util.function.IntFunction<Inventory> node) {
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(i -> node.apply(i).manifest())
        .toArray(String[]::new);
  }
}
