package gpu.kerf.extender.measure;

import gpu.kerf.extender.certificate.WebhookService;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.manifests.Shipped;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a minute without Kerf costs controllers that create pods in it: the webhook refuses them,
 * and they pause. kube-controller-manager has its usual limits of requests. Not run with the tests:
 * {@code -Dtest=AbsenceMeasurement}.
 */
@ClusterTest
final class AbsenceMeasurement {
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";
  private static final int AWAY = Integer.getInteger("kerf.measure.away", 60);
  private static final int REPLICAS = Integer.getInteger("kerf.measure.replicas", 200);
  private static final int ROUNDS = Integer.getInteger("kerf.measure.rounds", 1);

  /** Deployments and Jobs of one pod, which come at other moments of the absence. */
  private static final int SMALL = 20;

  private static final String TEMPLATE =
      """
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            schedulerName: kerf
            restartPolicy: %2$s
            terminationGracePeriodSeconds: 1
            containers: [{name: main, image: app, resources: {limits: {kerf.gpu/memory: 8Gi}}}]
      """;

  @TempDir Path folder;

  private static void tell(String format, Object... values) {
    System.out.println("MEASURED " + String.format(Locale.ROOT, format, values));
  }

  /** With everything that is shipped, and with the limits that kube-controller-manager has. */
  private static ControlPlane plane() {
    ControlPlane plane =
        ControlPlane.start(
            Options.defaults()
                .user(ACCOUNT)
                .apiServerFlag("--enable-aggregator-routing=true")
                .controllerFlag("--kube-api-qps=20")
                .controllerFlag("--kube-api-burst=30"));
    plane.kwok();
    for (String file :
        List.of("namespace", "rbac", "lease", "checkpoint", "certificates", "policy", "webhooks")) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
    plane.apply(
        "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: nvidia}, handler:"
            + " nvidia}");
    ManyPods.nodes(plane, 50);
    return plane;
  }

  @Test
  void aDeploymentIsCreatedWhileKerfIsAway() throws Exception {
    try (ControlPlane plane = plane()) {
      int webhook = Ports.free();
      plane.apply(WebhookService.leadingTo(webhook));
      int port = Ports.free();
      ServingKerf kerf = serving(plane, port, webhook);
      try (KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
          PodWatch watch = new PodWatch(plane)) {
        plane.apply(deployment("before", 1));
        await(watch, "before", 1);
        for (int round = 0; round < ROUNDS; round++) {
          for (String retries :
              System.getProperty("kerf.measure.retries", "without,with").split(",", -1)) {
            if (retries.equals("without")) {
              plane.kubectl("delete", "clusterrolebinding", "kerf-retries", "--ignore-not-found");
            } else {
              plane.kubectl("apply", "-f", Shipped.file("base/rbac.yaml").toString());
            }
            kerf.kill();
            long gone = System.nanoTime();
            String name = retries + round;
            create(plane, name, gone);
            kerf = serving(plane, port, webhook);
            report(watch, name, System.nanoTime(), kerf.readyAfter());
            tell(
                "%s retries: %.0f asked; scheduler at %s",
                retries,
                kerf.metric("kerf_controller_retries_total{outcome=\"asked\""),
                scheduler.address());
            plane.kubectl("delete", "deployments,jobs", "--all", "--wait=false");
          }
        }
      } finally {
        kerf.close();
      }
    }
  }

  /**
   * One of two replicas is killed. It is not the one that kube-scheduler asks, so this is what the
   * webhook alone costs. For some seconds the Service still leads to it.
   */
  @Test
  void oneOfTwoReplicasIsKilled() throws Exception {
    int seconds = Integer.getInteger("kerf.measure.unnoticed", 5);
    try (ControlPlane plane = plane()) {
      int first = Ports.free();
      int second = Ports.free();
      plane.apply(WebhookService.leadingTo(first));
      plane.apply(slice(WebhookService.leadingTo(second)));
      try (ServingKerf kerf = serving(plane, Ports.free(), first);
          ServingKerf other = serving(plane, Ports.free(), second);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
          PodWatch watch = new PodWatch(plane)) {
        plane.apply(deployment("before", 20));
        await(watch, "before", 20);
        other.kill();
        long gone = System.nanoTime();
        plane.apply(deployment("large", REPLICAS));
        TimeUnit.SECONDS.sleep(seconds);
        plane.kubectl("-n", "kerf-system", "delete", "endpointslice", "kerf-webhook-2");
        await(watch, "large", REPLICAS);
        tell(
            "one of two replicas killed, known to the Service after %d s: a Deployment of %d that"
                + " came then complete after %.1f s; scheduler at %s",
            seconds, REPLICAS, watch.lastBound("large", gone) / 1e3, scheduler.address());
      }
    }
  }

  private static String slice(String service) {
    String slice = service.split("---\n", -1)[1];
    return slice.replace("name: kerf-webhook-1", "name: kerf-webhook-2");
  }

  /** How long after each of its evictions the shipped training has another pod. */
  @Test
  void anEvictedTrainingHasAnotherPod() throws Exception {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.apply(Shipped.text("base/priorities.yaml"));
      plane.apply(Shipped.text("examples/training.yaml"));
      String before = "";
      for (int evictions = 0; evictions <= 3; evictions++) {
        long since = System.nanoTime();
        String pod = awaitOther(plane, before);
        if (evictions > 0) {
          tell(
              "training, eviction %d: another pod after %.1f s",
              evictions, (System.nanoTime() - since) / 1e9);
        }
        before = pod;
        plane.kubectl("patch", "pod", pod, "--subresource=status", "--patch=" + evicted());
      }
    }
  }

  private static String awaitOther(ControlPlane plane, String before) throws Exception {
    while (true) {
      String pod =
          plane
              .kubectl(
                  "get",
                  "pods",
                  "--field-selector=status.phase=Pending",
                  "-o",
                  "jsonpath={.items[*].metadata.name}")
              .strip();
      if (!pod.isEmpty() && !pod.equals(before)) {
        return pod;
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** As the kubelet leaves a pod that was evicted, with the end of its container. */
  private static String evicted() {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return """
    {"status": {"phase": "Failed",
      "conditions": [{"type": "DisruptionTarget", "status": "True",
        "reason": "PreemptionByScheduler", "lastTransitionTime": "%1$s"}],
      "containerStatuses": [{"name": "train", "image": "a", "imageID": "a", "ready": false,
        "restartCount": 0, "state": {"terminated": {"exitCode": 143, "finishedAt": "%1$s"}}}]}}
    """
        .formatted(now);
  }

  private ServingKerf serving(ControlPlane plane, int port, int webhook) throws Exception {
    Path mine = folder.resolve("webhook-" + webhook);
    return new ServingKerf(
        plane,
        plane.kubeconfig(ACCOUNT),
        port,
        "cluster.namespace=kerf-system",
        "certificates.make=true",
        "certificates.folder=" + mine,
        "admission.enabled=true",
        "admission.host=0.0.0.0",
        "admission.port=" + webhook,
        "admission.certificate=" + mine.resolve("tls.crt"),
        "admission.key=" + mine.resolve("tls.key"));
  }

  /** One large Deployment at the begin, and small ones and Jobs over the whole time. */
  private static void create(ControlPlane plane, String name, long gone) throws Exception {
    plane.apply(deployment("large-" + name, REPLICAS));
    for (int i = 0; i < SMALL; i++) {
      long at = gone + TimeUnit.SECONDS.toNanos(AWAY) / SMALL * i;
      TimeUnit.NANOSECONDS.sleep(at - System.nanoTime());
      plane.apply(
          deployment("small-" + name + "-" + i + "-x", 1)
              + "---\n"
              + job("job-" + name + "-" + i + "-x"));
    }
    TimeUnit.NANOSECONDS.sleep(gone + TimeUnit.SECONDS.toNanos(AWAY) - System.nanoTime());
  }

  private static void report(PodWatch watch, String name, long back, double start)
      throws Exception {
    await(watch, "large-" + name + "-", REPLICAS);
    double large = watch.lastBound("large-" + name + "-", back) / 1e3;
    double[] small = each(watch, "small-" + name, back);
    double[] jobs = each(watch, "job-" + name, back);
    tell(
        "%s: %d s away, ready %.1f s after its start; from then: a Deployment of %d complete after"
            + " %.1f s; %d Deployments of one pod p50 %.1f, most %.1f s; as many Jobs p50 %.1f,"
            + " most %.1f s",
        name,
        AWAY,
        start,
        REPLICAS,
        large,
        SMALL,
        small[SMALL / 2],
        small[SMALL - 1],
        jobs[SMALL / 2],
        jobs[SMALL - 1]);
  }

  /** Seconds from Kerf's return to the pod of each, in order. */
  private static double[] each(PodWatch watch, String prefix, long back) throws Exception {
    double[] seconds = new double[SMALL];
    for (int i = 0; i < SMALL; i++) {
      String one = prefix + "-" + i + "-x";
      await(watch, one, 1);
      seconds[i] = watch.lastBound(one, back) / 1e3;
    }
    Arrays.sort(seconds);
    return seconds;
  }

  private static void await(PodWatch watch, String prefix, int pods) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(20);
    while (watch.bound(prefix) < pods) {
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("It does not come to an end: " + prefix);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static String deployment(String name, int replicas) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: %1$s, namespace: default}
    spec:
      replicas: %2$d
      selector: {matchLabels: {app: %1$s}}
    """
            .formatted(name, replicas)
        + TEMPLATE.formatted(name, "Always");
  }

  private static String job(String name) {
    return """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: %1$s, namespace: default}
    spec:
      completions: 1
    """
            .formatted(name)
        + TEMPLATE.formatted(name, "Never");
  }
}
