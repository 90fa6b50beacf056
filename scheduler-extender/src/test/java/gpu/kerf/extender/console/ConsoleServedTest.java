package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.http.HttpService;
import gpu.kerf.extender.http.Readiness;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The console as Kerf's own server serves it: its types, its content policy. */
class ConsoleServedTest extends BrowserTest {

  @Test
  void kerfsServerServesAllOfItUnderItsPolicy() {
    Vertx vertx = Vertx.vertx();
    try {
      List<String> set = List.of("listen.port=0", "stop.lead=0s", "stop.drain=100ms");
      Settings settings = Await.value(new SettingsSource(vertx, null, Map.of(), set).read());
      HttpService.Components parts =
          new HttpService.Components(Map.of(), new Readiness(), new Metrics(), null);
      HttpService service = new HttpService(vertx, settings, parts);
      HttpServer server = onContext(vertx, service::start);

      page.open("http://127.0.0.1:" + server.actualPort() + "/");
      // Nothing stands under /api here: the console says so, in the server's own words.
      page.untilText("#banners", "There is nothing at /api/v1/");
      assertThat(page.evaluate("document.fonts.check('13px Inter')").asBoolean()).isTrue();
      assertThat(page.problems()).allMatch(problem -> problem.contains("/api/v1/"));

      onContext(vertx, service::stop);
    } finally {
      Await.value(vertx.close());
    }
  }

  private static <T> T onContext(Vertx vertx, Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    vertx.getOrCreateContext().runOnContext(nothing -> action.get().onComplete(promise));
    return Await.value(promise.future());
  }
}
