package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.settings.SettingsWriter;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir Path folder = Path.of("");

  @Test
  void goodSettingsAreShownAsTheyCameTo() {
    assertThat(run(new CheckConfigCommand(), "--json", "--set", "limits.body=2MiB")).isZero();

    JsonObject answer = new JsonObject(out.toString());
    assertThat(answer.getBoolean("ok")).isTrue();
    JsonObject limits = answer.getJsonObject("settings").getJsonObject("limits");
    assertThat(limits.getString("body")).isEqualTo("2MiB");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void allThatIsWrongIsToldAtOnceOnStderr() throws IOException {
    Path file = Files.writeString(folder.resolve("kerf.yaml"), "limits: {boddy: 1, idle: 120}");

    assertThat(run(new CheckConfigCommand(), "--config", file.toString())).isEqualTo(1);

    assertThat(err.toString())
        .contains("kerf: limits.boddy (1, from " + file + ") is no setting.")
        .contains("Did you mean limits.body?")
        .contains("kerf: limits.idle (120, from " + file + ")");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void problemsAsJsonAreOneObjectOnStdout() {
    assertThat(run(new CheckConfigCommand(), "--json", "-D", "listen.port=x")).isEqualTo(1);

    JsonObject problem = new JsonObject(out.toString()).getJsonArray("problems").getJsonObject(0);
    assertThat(problem.getString("path")).isEqualTo("listen.port");
    assertThat(problem.getString("from")).isEqualTo("--set");
    assertThat(problem.getString("hint")).isEqualTo("Write 0 to 65535.");
  }

  @Test
  void theExampleIsPrinted() {
    assertThat(run(new CheckConfigCommand(), "--example")).isZero();
    assertThat(out.toString()).isEqualTo(SettingsWriter.example());
  }

  @Test
  void listeningBeyondThisMachineTakesTlsOrAFlag() {
    assertThat(run(new CheckConfigCommand(), "-D", "listen.host=0.0.0.0")).isEqualTo(1);
    assertThat(err.toString()).contains("--insecure-listen");
    assertThat(run(new CheckConfigCommand(), "-D", "listen.host=0.0.0.0", "--insecure-listen"))
        .isZero();
  }

  @Test
  void serveSaysWhichFileIsMissingAndWhatIsWrongWithItsSettings() {
    String missing = folder.resolve("none").toString();
    assertThat(run(new ServeCommand(), "--kubeconfig", missing)).isEqualTo(1);
    assertThat(err.toString()).contains("kubeconfig file (" + missing + ")", "does not exist");
    assertThat(run(new ServeCommand(), "-D", "limits.boddy=1")).isEqualTo(1);
    assertThat(err.toString()).contains("Did you mean limits.body?");
    assertThat(run(new ServeCommand(), "--confg")).isEqualTo(2);
  }

  private int run(Object command, String... args) {
    return new CommandLine(command)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}
