package gpu.kerf.extender.demo;

import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** A service of a test: on any free port, and without a rehearsal. */
public final class TestDemo implements AutoCloseable {
  final Vertx vertx = Vertxes.small();
  final LiveSettings settings = settings(vertx);

  private static LiveSettings settings(Vertx vertx) {
    SettingsSource source =
        new SettingsSource(
            vertx, null, Map.of(), List.of("listen.port=0", "readiness.warmUpPods=0"));
    return new LiveSettings(source, Vertxes.await(source.read()), InstantSource.system());
  }

  @Override
  public void close() {
    Vertxes.close(vertx);
  }
}
