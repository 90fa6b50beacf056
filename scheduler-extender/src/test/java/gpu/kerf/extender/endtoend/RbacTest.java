package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.access.AccessQuestion;
import gpu.kerf.extender.access.ApiServerReviews;
import gpu.kerf.extender.access.UserInfo;
import gpu.kerf.extender.cluster.kubernetes.KubernetesCluster;
import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.cluster.kubernetes.TestOptions;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.installation.Installation;
import gpu.kerf.extender.cluster.kubernetes.installation.InstallationCheck;
import gpu.kerf.extender.cluster.kubernetes.reconciling.ControllerRetries;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kerf with the rights of {@code manifests/base/rbac.yaml}, and with no others. */
@ClusterTest
final class RbacTest {
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";

  /** Kerf alone, without what kube-scheduler may do in the same pod. */
  private static final String KERF = "kerf";

  /** Not in a pod, it does not know its namespace. */
  private static final String LEASE = "cluster.namespace=kerf-system";

  private static final String SCHEDULER = "system:kube-scheduler";

  @TempDir Path folder;

  @Test
  void podWithTheShippedAccountDoesItsWorkAndNothingIsForbidden() throws Exception {
    Audit audit = Audit.in(folder);
    ControlPlane plane = start(audit, ACCOUNT);
    Path account = plane.kubeconfig(ACCOUNT);
    TestCluster.Accounts both = new TestCluster.Accounts(account, account, "kerf-system");
    try (TestCluster cluster = TestCluster.on(plane, both, settings())) {
      work(cluster);
      assertThat(audit.forbidden(ACCOUNT)).isEmpty();
      assertThat(cluster.kerf().log()).doesNotContain("forbidden");
      assertThat(cluster.scheduler().log()).doesNotContain("forbidden");
    }
  }

  @Test
  void everyVerbOfKerfsOwnRolesIsUsedAndNoneIsMissing() throws Exception {
    Audit audit = Audit.in(folder);
    ControlPlane plane = start(audit, KERF);
    bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf");
    bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-gangs");
    bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-certificates");
    bind(plane, KERF, "rolebinding", "--role=kerf-certificates", "--namespace=kerf-system");
    bind(plane, KERF, "rolebinding", "--role=kerf", "--namespace=kerf-system");
    bind(plane, KERF, "rolebinding", "--role=kerf-checkpoint", "--namespace=kerf-system");
    bind(plane, SCHEDULER, "rolebinding", "--role=kerf-scheduler", "--namespace=kerf-system");
    TestCluster.Accounts apart =
        new TestCluster.Accounts(
            plane.kubeconfig(KERF), plane.kubeconfig(SCHEDULER), "kerf-system");
    try (TestCluster cluster = TestCluster.on(plane, apart, settings())) {
      work(cluster);
      assertThat(audit.forbidden(KERF)).isEmpty();
      Set<Right> granted = granted(plane, "clusterrole/kerf");
      granted.addAll(granted(plane, "clusterrole/kerf-certificates"));
      granted.addAll(granted(plane, "role/kerf-certificates", "--namespace=kerf-system"));
      granted.addAll(granted(plane, "role/kerf", "--namespace=kerf-system"));
      granted.addAll(granted(plane, "role/kerf-checkpoint", "--namespace=kerf-system"));
      granted.addAll(granted(plane, "clusterrole/kerf-gangs"));
      // The cluster has Jobs alone; Kerf asks once for each other kind.
      granted.removeIf(
          right -> right.resource().matches("podgroups|jobsets") && right.verb().equals("watch"));
      if (plane.kubectl("api-resources", "--api-group=resource.k8s.io", "-o", "name").isBlank()) {
        // Not before Kubernetes 1.34; Kerf asks once, and does without.
        granted.removeIf(
            right -> right.group().equals("resource.k8s.io") && right.verb().equals("watch"));
      }
      // Which rights it has every user may ask; Kerf does some time after its start.
      Set<Right> used = audit.used(KERF);
      used.remove(new Right("authorization.k8s.io", "selfsubjectaccessreviews", "create"));
      assertThat(used).isEqualTo(granted);
      assertThat(audit.forbidden(SCHEDULER)).isEmpty();
      // What any kube-scheduler may do is the API server's to say.
      Set<Right> leases = granted(plane, "role/kerf-scheduler", "--namespace=kerf-system");
      assertThat(audit.used(SCHEDULER)).containsAll(leases);
    }
  }

  @Test
  void accountMayReadAndPatchTheOneLeaseAndNothingElseOfLeases() throws Exception {
    Audit audit = Audit.in(folder);
    try (ControlPlane plane = start(audit, KERF)) {
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf");
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-certificates");
      bind(plane, KERF, "rolebinding", "--role=kerf-certificates", "--namespace=kerf-system");
      bind(plane, KERF, "rolebinding", "--role=kerf", "--namespace=kerf-system");
      String one = "kerf-binding";
      for (String verb : List.of("get", "patch")) {
        assertThat(may(plane, verb, one, "kerf-system")).as(verb).isTrue();
        assertThat(may(plane, verb, one, "kube-system")).as(verb + " elsewhere").isFalse();
        assertThat(may(plane, verb, "kerf", "kerf-system")).as(verb + " other").isFalse();
      }
      for (String verb :
          List.of("create", "update", "delete", "list", "watch", "deletecollection")) {
        assertThat(may(plane, verb, one, "kerf-system")).as(verb).isFalse();
        assertThat(may(plane, verb, "", "kerf-system")).as(verb + " any").isFalse();
      }
    }
  }

  private static boolean may(ControlPlane plane, String verb, String name, String namespace) {
    ObjectNode review = Api.JSON.createObjectNode();
    review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec").put("user", KERF);
    spec.putObject("resourceAttributes")
        .put("group", "coordination.k8s.io")
        .put("resource", "leases")
        .put("verb", verb)
        .put("name", name)
        .put("namespace", namespace);
    String path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    return Api.of(plane.kubeconfig())
        .send("POST", path, review.toString())
        .orFail()
        .body()
        .at("/status/allowed")
        .asBoolean();
  }

  @Test
  void nodesAreChangedWhereHamisNodeSideNeedsItAndOnlyThere() throws Exception {
    Audit audit = Audit.in(folder);
    ControlPlane plane = start(audit, KERF);
    plane.kubectl("apply", "-f", Shipped.file("components/hami-node-side/rbac.yaml").toString());
    Path account = plane.kubeconfig(ACCOUNT);
    bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf");
    bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-gangs");
    bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-hami");
    bind(plane, KERF, "rolebinding", "--role=kerf", "--namespace=kerf-system");
    bind(plane, KERF, "rolebinding", "--role=kerf-checkpoint", "--namespace=kerf-system");
    TestCluster.Accounts apart =
        new TestCluster.Accounts(plane.kubeconfig(KERF), account, "kerf-system");
    try (TestCluster cluster = TestCluster.on(plane, apart, List.of(LEASE))) {
      String node = Inventory.eightH100("a").manifest();
      cluster.nodes(node.replace("labels: {", "labels: {kerf.gpu/delivery: hami, "));
      cluster.create(
          Pod.named("hami").limit("nvidia.com/gpu", "1").limit("nvidia.com/gpumem", "3000"));
      TestCluster.await("it has its place", () -> cluster.nodeOf("hami").equals("a"));
      assertThat(audit.forbidden(KERF)).isEmpty();
      assertThat(audit.used(KERF)).containsAll(granted(plane, "clusterrole/kerf-hami"));
    }
  }

  @Test
  void everyRightOfTheRoleForTeamsIsUsedAndNoneIsMissing() throws Exception {
    Audit audit = Audit.in(folder);
    RecordingListener listener = new RecordingListener();
    ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
    try (ControlPlane plane = start(audit, KERF)) {
      plane.apply(Shipped.text("base/teams.yaml"));
      plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf");
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-gangs");
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-teams");
      bind(plane, KERF, "rolebinding", "--role=kerf", "--namespace=kerf-system");
      bind(plane, KERF, "rolebinding", "--role=kerf-checkpoint", "--namespace=kerf-system");
      plane.apply(
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: p, namespace: default}
          spec:
            schedulingGates: [{name: kerf.gpu/turn}]
            containers: [{name: main, image: app}]
          ---
          apiVersion: kerf.gpu/v1alpha1
          kind: Team
          metadata: {name: research}
          spec: {namespaces: {selector: {matchLabels: {kubernetes.io/metadata.name: default}}}}
          """);
      String uid = plane.kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.uid}");
      Access.Patience patience = new Access.Patience(Await.LONG, Await.LONG);
      ApiServer server =
          new Access(Map.of(), folder).connect(plane.kubeconfig(KERF).toString(), patience);
      KubernetesCluster.Options options = TestOptions.with(Duration.ofSeconds(5));
      try (KubernetesCluster cluster =
          new KubernetesCluster(server, options, Clocks.system(), new Metrics())) {
        cluster.start(loop, listener);
        var unused = loop.scheduleWithFixedDelay(cluster::tick, 50, 50, TimeUnit.MILLISECONDS);
        cluster.openGate(new PodView.Ref("default", "p", uid)).toCompletableFuture().join();
        Set<Right> granted = granted(plane, "clusterrole/kerf-teams");
        Await.until("all rights are used", () -> audit.used(KERF).containsAll(granted));
        assertThat(audit.forbidden(KERF)).isEmpty();
      }
    } finally {
      loop.shutdown();
    }
  }

  @Test
  void everyRightOfTheRoleForRetriesIsUsedAndNoneIsMissing() throws Exception {
    Audit audit = Audit.in(folder);
    try (ControlPlane plane = start(audit, KERF)) {
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-retries");
      plane.apply(controllers());
      Access.Patience patience = new Access.Patience(Await.LONG, Await.LONG);
      try (ApiServer server =
          new Access(Map.of(), folder).connect(plane.kubeconfig(KERF).toString(), patience)) {
        for (String object :
            List.of(
                "ReplicaSet apps/v1 replicaset",
                "StatefulSet apps/v1 statefulset",
                "DaemonSet apps/v1 daemonset",
                "Job batch/v1 job")) {
          String[] words = object.split(" ", -1);
          plane.apply(failure(plane, words[0], words[1], words[2]));
        }
        ControllerRetries retries =
            new ControllerRetries(server, new JvmThreads(), Clocks.system(), new Metrics());
        retries.ready(true);
        Set<Right> granted = granted(plane, "clusterrole/kerf-retries");
        Thread looking = new Thread(retries);
        looking.start();
        try {
          Await.until("all rights are used", () -> audit.used(KERF).containsAll(granted));
        } finally {
          looking.interrupt();
          looking.join();
        }
      }
      assertThat(audit.forbidden(KERF)).isEmpty();
      assertThat(audit.used(KERF)).isEqualTo(granted(plane, "clusterrole/kerf-retries"));
      String annotated =
          plane.kubectl(
              "get",
              "replicaset,statefulset,daemonset,job",
              "-o",
              "jsonpath={.items[*].metadata.annotations.kerf\\.gpu/retry}");
      assertThat(annotated.split(" ", -1)).hasSize(4);
    }
  }

  /** One of each kind, without pods. */
  private static String controllers() {
    String object =
        """
        apiVersion: apps/v1
        kind: %s
        metadata: {name: a, namespace: default}
        spec:
          %s
          selector: {matchLabels: {app: a}}
          template:
            metadata: {labels: {app: a}}
            spec: {nodeSelector: {none: "true"}, containers: [{name: main, image: app}]}
        ---
        """;
    return object.formatted("ReplicaSet", "replicas: 0")
        + object.formatted("StatefulSet", "replicas: 0\n  serviceName: a")
        + object.formatted("DaemonSet", "minReadySeconds: 0")
        + """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: a, namespace: default}
        spec:
          suspend: true
          template: {spec: {restartPolicy: Never, containers: [{name: main, image: app}]}}
        """;
  }

  /** What the controller of an object would say if the webhook did not answer. */
  private static String failure(ControlPlane plane, String kind, String api, String resource) {
    String uid = plane.kubectl("get", resource, "a", "-o", "jsonpath={.metadata.uid}");
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return """
    apiVersion: v1
    kind: Event
    metadata: {name: %1$s.1, namespace: default}
    involvedObject: {apiVersion: %2$s, kind: %3$s, name: a, namespace: default, uid: %4$s}
    reason: FailedCreate
    message: 'Error creating: Internal error occurred: failed calling webhook "pods.kerf.gpu": refused'
    firstTimestamp: %5$s
    lastTimestamp: %5$s
    count: 1
    type: Warning
    source: {component: test}
    """
        .formatted(resource, api, kind, uid, now);
  }

  @Test
  void everyRightOfTheRoleForAccessIsUsedAndNoneIsMissing() throws Exception {
    Audit audit = Audit.in(folder);
    try (ControlPlane plane = start(audit, KERF)) {
      plane.apply(Shipped.text("components/access/rbac.yaml"));
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-access");
      Access.Patience patience = new Access.Patience(Await.LONG, Await.LONG);
      ApiServer server =
          new Access(Map.of(), folder).connect(plane.kubeconfig(KERF).toString(), patience);
      plane.kubectl("create", "serviceaccount", "rita", "--namespace=default");
      String token = plane.kubectl("create", "token", "rita", "--namespace=default").strip();
      try (RequestPool calls = new RequestPool(server, new JvmThreads(), 1, "test-review")) {
        ApiServerReviews reviews = new ApiServerReviews(calls);
        AccessQuestion pods = new AccessQuestion("", "", "pods", "default", "");
        UserInfo rita = reviews.user(token).toCompletableFuture().join().orElseThrow();
        assertThat(reviews.may(rita, pods).toCompletableFuture().join()).isFalse();
      }
      assertThat(audit.forbidden(KERF)).isEmpty();
      assertThat(audit.used(KERF)).isEqualTo(granted(plane, "clusterrole/kerf-access"));
    }
  }

  @Test
  void everyRightOfTheRoleForTheCheckIsUsedAndNoneIsMissing() throws Exception {
    Audit audit = Audit.in(folder);
    try (ControlPlane plane = start(audit, KERF)) {
      plane.apply(Shipped.text("base/installation.yaml"));
      bind(plane, KERF, "clusterrolebinding", "--clusterrole=kerf-installation");
      Access.Patience patience = new Access.Patience(Await.LONG, Await.LONG);
      try (ApiServer server =
          new Access(Map.of(), folder).connect(plane.kubeconfig(KERF).toString(), patience)) {
        new InstallationCheck(
                new Installation(
                    "kerf-system", "nvidia", true, false, "", false, TeamSource.KERF, false))
            .look(server);
      }
      Set<Right> granted = granted(plane, "clusterrole/kerf-installation");
      // Which rights it has every user may ask.
      granted.add(new Right("authorization.k8s.io", "selfsubjectaccessreviews", "create"));
      assertThat(audit.forbidden(KERF)).isEmpty();
      assertThat(audit.used(KERF)).isEqualTo(granted);
    }
  }

  private List<String> settings() {
    return List.of(
        "cluster.reconcile=1s",
        LEASE,
        "certificates.make=true",
        "certificates.folder=" + folder.resolve("certificate"));
  }

  /**
   * @param kerf who writes decisions there
   */
  private static ControlPlane start(Audit audit, String kerf) {
    ControlPlane plane =
        ControlPlane.start(audit.switchOn(Options.defaults().user(ACCOUNT).user(SCHEDULER)));
    for (String file :
        List.of("namespace", "rbac", "lease", "certificates", "checkpoint", "policy", "webhooks")) {
      // The webhook is not served here, and would have to be asked.
      String manifest = Shipped.text("base/" + file + ".yaml");
      plane.apply(
          file.equals("policy")
              ? manifest.replace(ACCOUNT, kerf)
              : manifest.replace("failurePolicy: Fail", "failurePolicy: Ignore"));
    }
    return plane;
  }

  private static void bind(ControlPlane plane, String user, String kind, String... role) {
    String name = String.join("-", user.replace(':', '-'), role[0].substring("--".length()));
    List<String> command = new ArrayList<>(List.of("create", kind, name.replace('=', '-')));
    command.add("--user=" + user);
    command.addAll(List.of(role));
    plane.kubectl(command.toArray(String[]::new));
  }

  private static Set<Right> granted(ControlPlane plane, String role, String... more)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("get", role, "-o", "json"));
    command.addAll(List.of(more));
    JsonNode read = Api.JSON.readTree(plane.kubectl(command.toArray(String[]::new)));
    return Right.grantedBy(read.path("rules"));
  }

  /** Everything that Kerf ever does: nodes, slots, events, a lost answer, an eviction. */
  private void work(TestCluster cluster) {
    TestCluster.await(
        "a certificate was made", () -> Files.exists(folder.resolve("certificate/tls.crt")));
    cluster.nodes(Inventory.of("a").plain("A100-40GB", 40_960, 2).manifest());
    cluster.toApi().guard(losesFirstBinding());
    // 2 x 20480 is more than the 40192 that shares may have of one GPU: each lies on its own.
    cluster.create(Pod.named("l0").memory("20Gi"), Pod.named("l1").memory("20Gi").endsAfter("1s"));
    cluster.awaitRunning("l0", "l1");
    cluster.toApi().open();
    cluster.priority("urgent", 1000);
    // The sum has 40960 left, and no GPU has more than 19712: only Kerf sees whom to evict.
    cluster.create(Pod.named("urgent").memory("30Gi").priority("urgent"));
    cluster.awaitRunning("urgent");
    TestCluster.await(
        "events are written",
        () -> cluster.kerf().metric("kerf_events_total{outcome=\"written\"") > 0);
    TestCluster.await(
        "the ledger was compared",
        () -> cluster.kerf().metric("kerf_reconciliations_total{outcome=\"done\"") > 0);
  }

  private static StepProxy.Guard losesFirstBinding() {
    return new StepProxy.Guard() {
      private boolean lost;

      @Override
      public synchronized void answered(StepProxy.Request request, int status) throws IOException {
        if (request.is("POST", "/binding") && !lost) {
          lost = true;
          throw new IOException("the answer is lost");
        }
      }
    };
  }
}
