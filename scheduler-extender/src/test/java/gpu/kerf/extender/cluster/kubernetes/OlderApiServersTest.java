package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ResourceSlices came as v1 with 1.34; before they were betas, and not served unless asked for. */
class OlderApiServersTest {
  private static final String ATTRIBUTES =
      """
      "attributes":{"type":{"string":"gpu"},"uuid":{"string":"GPU-1"},
        "productName":{"string":"NVIDIA H100 80GB HBM3"}},
      "capacity":{"memory":{"value":"81152Mi"}}""";

  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1beta2", "v1beta1"})
  void slicesAreReadInTheNewestVersionThatIsServed(String version) throws Exception {
    String device = version.equals("v1beta1") ? "\"basic\":{" + ATTRIBUTES + "}" : ATTRIBUTES;
    api.serveSlicesIn(version);
    api.put("nodes", Manifests.node("a", "").replaceFirst(",\\s*\"annotations\":\\{[^}]*}", ""));
    api.put("slices", slice("a-1", device));
    RecordingListener listener = new RecordingListener();
    follow(
        listener, () -> Await.until("the GPU is told", () -> listener.lines.contains("node a 1")));
    String path = "/apis/resource.k8s.io/" + version + "/resourceslices?";
    assertThat(api.requests()).anyMatch(each -> each.contains(path) && each.contains("watch=true"));
  }

  @Test
  void whereNoVersionIsServedTheyAreDoneWithout() throws Exception {
    api.serveSlicesIn("v1alpha2");
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    RecordingListener listener = new RecordingListener();
    follow(listener, () -> assertThat(listener.lines).contains("node a 2"));
  }

  private static String slice(String name, String device) {
    return """
        {"metadata":{"name":"%s"},"spec":{"driver":"gpu.nvidia.com","nodeName":"a",
          "pool":{"name":"a","generation":1,"resourceSliceCount":1},
          "devices":[{"name":"gpu-0",%s}]}}"""
        .formatted(name, device);
  }

  private void follow(RecordingListener listener, Runnable then) {
    ExecutorService loop = Executors.newSingleThreadExecutor();
    ApiServer server = fake.connect(Duration.ofSeconds(2), Duration.ofSeconds(2));
    KubernetesCluster.Options options = TestOptions.with(Duration.ofSeconds(1));
    try (KubernetesCluster cluster =
        new KubernetesCluster(server, options, Clocks.system(), new Metrics())) {
      cluster.start(loop, listener);
      Await.until("it is synced", cluster::synced);
      then.run();
    } finally {
      loop.shutdown();
    }
  }
}
