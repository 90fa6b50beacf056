package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.service.ClusterService;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code kerf serve} in this JVM, on a small API server with a node and a pod. */
public final class ServedCluster implements AutoCloseable {
  private final FakeApiServer api;
  private final Vertx vertx = Vertxes.small();
  private final ClusterService service;

  /** Started with the given settings beside the usual ones. */
  public ServedCluster(Path folder, List<String> assignments) throws IOException {
    api = new FakeApiServer();
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    List<String> all =
        new ArrayList<>(
            List.of(
                "listen.port=0",
                "stop.lead=0s",
                "readiness.warmUpPods=0",
                "cluster.kubeconfig=" + api.kubeconfig(folder)));
    all.addAll(assignments);
    SettingsSource source = new SettingsSource(vertx, null, Map.of(), all);
    LiveSettings settings =
        new LiveSettings(source, Await.value(source.read()), InstantSource.system());
    try {
      service = ClusterService.start(vertx, settings, Map.of());
    } catch (AccessException e) {
      throw new AssertionError(e);
    }
  }

  public int port() {
    return service.port();
  }

  @Override
  public void close() {
    service.stop();
    Vertxes.close(vertx);
    api.close();
  }
}
