package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.command.SchedulerConfigCommand;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The two files with settings, as kube-scheduler and Kerf read them. */
class SettingsFilesTest {
  @Test
  void kubeSchedulersFileIsWhatTheCommandPrints() {
    assertThat(Shipped.text("base/scheduler.yaml")).isEqualTo(printed());
    assertThat(Shipped.text("components/dra/scheduler.yaml")).isEqualTo(printed("--dra"));
  }

  private static String printed(String... options) {
    StringWriter printed = new StringWriter();
    CommandLine command =
        new CommandLine(new SchedulerConfigCommand()).setOut(new PrintWriter(printed));
    assertThat(command.execute(options)).isZero();
    return printed.toString();
  }

  @Test
  void verbsStayInThePodAndTheRestIsWhereTheDeploymentLooksForIt() {
    Settings settings = settings();
    assertThat(settings.listen().host()).isEqualTo("127.0.0.1");
    assertThat(settings.listen().insecure()).isFalse();
    assertThat(settings.observe().enabled()).isTrue();
    assertThat(settings.observe().console()).isFalse();
    assertThat(Shipped.text("base/deployment.yaml"))
        .contains("name: observe\n          containerPort: " + settings.observe().port())
        .doesNotContain("" + settings.listen().port());
    assertThat(Shipped.text("base/scheduler.yaml"))
        .contains("\"http://127.0.0.1:" + settings.listen().port() + "\"");
  }

  private static Settings settings() {
    Vertx vertx = Vertxes.small();
    try {
      var file = Shipped.file("base/kerf.yaml");
      return Await.value(new SettingsSource(vertx, file, Map.of(), List.of()).read());
    } finally {
      Vertxes.close(vertx);
    }
  }
}
