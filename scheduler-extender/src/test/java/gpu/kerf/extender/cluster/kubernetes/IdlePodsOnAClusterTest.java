package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pod that holds a GPU and does not use it is warned and then evicted, between a real API server
 * and a real kube-scheduler. The Prometheus is played; what it is asked is tried by promtool.
 */
@ClusterTest
final class IdlePodsOnAClusterTest {
  private static final String NOTICE =
      ".status.conditions[?(@.type==\"kerf.gpu/EvictionAnnounced\")]";

  /** The GPUs that compute nothing, by their UUIDs. */
  private final Set<String> unused = ConcurrentHashMap.newKeySet();

  private final AtomicLong time = new AtomicLong(1_000);
  @TempDir Path folder;
  private HttpServer prometheus;
  private ControlPlane plane;
  private RunningKerf kerf;
  private KubeScheduler scheduler;

  @BeforeEach
  void aTeamThatWantsIdlePodsEvicted() throws IOException {
    prometheus = playAPrometheus();
    plane = ControlPlane.start();
    plane.kwok();
    plane.apply(Shipped.text("base/teams.yaml"));
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    plane.kubectl("create", "namespace", "research");
    plane.apply(Inventory.eightH100("a").manifest());
    plane.apply(
        """
        apiVersion: kerf.gpu/v1alpha1
        kind: Team
        metadata: {name: research}
        spec: {namespaces: {names: [research]}, guarantee: "8", idle: {after: 1m, warn: 10s}}
        """);
    kerf =
        RunningKerf.on(
            plane,
            "idle.prometheus=http://127.0.0.1:" + prometheus.getAddress().getPort(),
            "idle.every=5s");
    scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start();
  }

  @AfterEach
  void stop() {
    scheduler.close();
    kerf.close();
    plane.close();
    prometheus.stop(0);
  }

  private HttpServer playAPrometheus() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/api/v1/query",
        call -> {
          boolean ofInstances = call.getRequestURI().getQuery().contains("GPU_I_ID");
          byte[] body =
              (ofInstances ? vector(Set.of()) : vector(unused)).getBytes(StandardCharsets.UTF_8);
          call.sendResponseHeaders(200, body.length);
          try (OutputStream out = call.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
    return server;
  }

  private String vector(Set<String> uuids) {
    long now = time.incrementAndGet();
    return uuids.stream()
        .map(uuid -> "{\"metric\":{\"UUID\":\"" + uuid + "\"},\"value\":[" + now + ",\"0\"]}")
        .collect(
            Collectors.joining(
                ",",
                "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[",
                "]}}"));
  }

  private void pod(String name) {
    plane.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: research}
        spec:
          schedulerName: kerf
          terminationGracePeriodSeconds: 1
          schedulingGates: [{name: kerf.gpu/turn}]
          containers: [{name: main, image: app, resources: {limits: {kerf.gpu/whole: 1}}}]
        """
            .formatted(name));
  }

  private String field(String pod, String path) {
    return plane.kubectl("get", "pod/" + pod, "-n", "research", "-o", "jsonpath={" + path + "}");
  }

  private String gpu(String pod) {
    Await.until(pod + " runs", () -> field(pod, ".status.phase").equals("Running"));
    return field(pod, ".metadata.annotations.kerf\\.gpu/visible-devices\\.main");
  }

  @Test
  void theIdlePodIsWarnedAndEvictedAndTheBusyOneStays() {
    pod("idle");
    pod("busy");
    unused.add(gpu("idle"));
    assertThat(unused).doesNotContain(gpu("busy"));
    Await.until(
        "Prometheus was asked some times",
        () -> kerf.metric("kerf_idle_looks_total{outcome=\"answered\"") >= 6);
    assertThat(field("idle", NOTICE)).as("a minute is not over").isEmpty();
    Await.until("it is warned", () -> field("idle", NOTICE + ".status").equals("True"));
    assertThat(field("idle", NOTICE + ".reason")).isEqualTo("Idle");
    assertThat(field("idle", NOTICE + ".message"))
        .startsWith("The GPUs of this pod have computed nothing for a minute.");
    assertThat(kerf.metric("kerf_idle_pods")).isEqualTo(1);
    Await.until(
        "it is evicted",
        () -> !plane.kubectl("get", "pods", "-n", "research", "-o", "name").contains("idle"));
    assertThat(plane.kubectl("get", "events", "-n", "research"))
        .contains("Evicted because its GPUs have computed nothing for at least")
        .contains("as the Team research says (spec.idle)");
    assertThat(kerf.metric("kerf_team_evicted_pods_total{team=\"research\",rule=\"idle\""))
        .isEqualTo(1);
    assertThat(kerf.get("/api/v1/events?after=0").body()).contains("spec.idle");
    assertThat(field("busy", ".status.phase")).isEqualTo("Running");
    assertThat(field("busy", NOTICE)).isEmpty();
  }
}
