package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.KerfCalls;
import gpu.kerf.extender.settings.SettingsWriter;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
  private final KerfCalls kerf = new KerfCalls();
  @TempDir Path folder = Path.of("");

  @Test
  void goodSettingsAreShownAsTheyCameTo() {
    assertThat(kerf.call("check-config", "--json", "--set", "limits.body=2MiB")).isZero();

    JsonObject answer = new JsonObject(kerf.out());
    assertThat(answer.getBoolean("ok")).isTrue();
    JsonObject limits = answer.getJsonObject("settings").getJsonObject("limits");
    assertThat(limits.getString("body")).isEqualTo("2MiB");
    assertThat(kerf.err()).isEmpty();
  }

  @Test
  void allThatIsWrongIsToldAtOnceOnStderr() throws IOException {
    Path file = Files.writeString(folder.resolve("kerf.yaml"), "limits: {boddy: 1, idle: 120}");

    assertThat(kerf.call("check-config", "--config", file.toString())).isEqualTo(1);

    assertThat(kerf.err())
        .contains("kerf: limits.boddy (1, from " + file + ") is no setting.")
        .contains("Did you mean limits.body?")
        .contains("kerf: limits.idle (120, from " + file + ")");
    assertThat(kerf.out()).isEmpty();
  }

  @Test
  void problemsAsJsonAreOneObjectOnStdout() {
    assertThat(kerf.call("check-config", "--json", "-D", "listen.port=x")).isEqualTo(1);

    JsonObject problem = new JsonObject(kerf.out()).getJsonArray("problems").getJsonObject(0);
    assertThat(problem.getString("path")).isEqualTo("listen.port");
    assertThat(problem.getString("from")).isEqualTo("--set");
    assertThat(problem.getString("hint")).isEqualTo("Write 0 to 65535.");
  }

  @Test
  void theExampleIsPrinted() {
    assertThat(kerf.call("check-config", "--example")).isZero();
    assertThat(kerf.out()).isEqualTo(SettingsWriter.example());
  }

  @Test
  void listeningBeyondThisMachineTakesTlsOrAFlag() {
    assertThat(kerf.call("check-config", "-D", "listen.host=0.0.0.0")).isEqualTo(1);
    assertThat(kerf.err()).contains("--insecure-listen");
    assertThat(kerf.call("check-config", "-D", "listen.host=0.0.0.0", "--insecure-listen"))
        .isZero();
  }

  private static final String CLASSES =
      """
      apiVersion: v1
      kind: List
      items:
      - {kind: DeviceClass, metadata: {name: nic}, spec: {extendedResourceName: example.com/nic}}
      - {kind: DeviceClass, metadata: {name: gpu.nvidia.com}, spec: {extendedResourceName: nvidia.com/gpu}}
      ---
      kind: Pod
      metadata: {name: p}
      """;

  @Test
  void aDeviceClassThatStandsForWhatPodsAskKerfForIsWarnedOf() throws IOException {
    Path file = Files.writeString(folder.resolve("classes.yaml"), CLASSES);
    assertThat(kerf.call("check-config", "--device-classes", file.toString())).isZero();
    assertThat(kerf.err())
        .contains("kerf: warning: The DeviceClass gpu.nvidia.com stands for nvidia.com/gpu")
        .contains("kubectl patch deviceclass gpu.nvidia.com")
        .doesNotContain("example.com/nic");
    assertThat(kerf.out()).contains("(2) DeviceClasses");
  }

  @Test
  void aDeviceClassThatStandsForAResourceOfKerfIsRefused() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("classes.yaml"), CLASSES.replace("example.com/nic", "kerf.gpu/memory"));
    assertThat(kerf.call("check-config", "--device-classes", file.toString())).isEqualTo(1);
    assertThat(kerf.err()).contains("kerf: The DeviceClass nic stands for kerf.gpu/memory");
    assertThat(kerf.call("check-config", "--json", "--device-classes", file.toString()))
        .isEqualTo(1);
    JsonObject answer = new JsonObject(kerf.out());
    assertThat(answer.getBoolean("ok")).isFalse();
    JsonObject refused = answer.getJsonArray("deviceClasses").getJsonObject(0);
    assertThat(refused.getString("name")).isEqualTo("nic");
    assertThat(refused.getBoolean("refused")).isTrue();
    assertThat(answer.getJsonArray("deviceClasses").getJsonObject(1).getBoolean("refused"))
        .isFalse();
  }

  @Test
  void serveSaysWhichFileIsMissingAndWhatIsWrongWithItsSettings() {
    String missing = folder.resolve("none").toString();
    assertThat(kerf.call("serve", "--kubeconfig", missing)).isEqualTo(1);
    assertThat(kerf.err()).contains("kubeconfig file (" + missing + ")", "does not exist");
    assertThat(kerf.call("serve", "-D", "limits.boddy=1")).isEqualTo(1);
    assertThat(kerf.err()).contains("Did you mean limits.body?");
    assertThat(kerf.call("serve", "--confg")).isEqualTo(2);
  }
}
