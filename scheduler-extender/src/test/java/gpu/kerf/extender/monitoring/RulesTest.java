package gpu.kerf.extender.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.OnPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alerts and recorded series, as Prometheus's own tool sees them. */
class RulesTest {
  private static final Path TESTS = Path.of("src/test/resources/monitoring");

  @TempDir Path folder;

  @Test
  void promtoolFindsNoFaultWithThem() throws Exception {
    Monitoring.writeRules(folder.resolve("rules.yaml"));
    promtool("check", "rules", "rules.yaml");
  }

  @Test
  void theyFireWhenTheyShouldAndNotBefore() throws Exception {
    Monitoring.writeRules(folder.resolve("rules.yaml"));
    List<String> command = new ArrayList<>(List.of("test", "rules"));
    for (Path test : tests()) {
      Files.copy(test, folder.resolve(test.getFileName()));
      command.add("" + test.getFileName());
    }
    promtool(command.toArray(String[]::new));
  }

  @Test
  void everyAlertFiresInATestAndEverySeriesIsWorkedOutInOne() throws IOException {
    StringBuilder tests = new StringBuilder();
    for (Path test : tests()) {
      tests.append(Files.readString(test));
    }
    for (Monitoring.Rule rule : Monitoring.rules()) {
      String proof =
          rule.alert() ? "alertname=\"" + rule.name() + "\"" : "expr: '" + rule.name() + "'";
      assertThat(tests.toString()).contains(proof);
    }
  }

  @Test
  void everyAlertHasItsChapter() throws IOException {
    Path docs = Path.of("..");
    for (Monitoring.Rule rule : Monitoring.rules()) {
      if (rule.alert()) {
        String[] link = rule.runbook().split("#", 2);
        assertThat(link).as(rule.name()).hasSize(2);
        assertThat(Files.readString(docs.resolve(link[0])).lines().map(RulesTest::anchor))
            .as(rule.name())
            .contains(link[1]);
      }
    }
  }

  /** The anchor of a heading; empty for any other line. */
  private static String anchor(String line) {
    return line.startsWith("#")
        ? line.replaceFirst("^#+ ", "")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9 -]", "")
            .replace(' ', '-')
        : "";
  }

  private static List<Path> tests() throws IOException {
    try (Stream<Path> files = Files.list(TESTS)) {
      return files.sorted().toList();
    }
  }

  private void promtool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(OnPath.orSkip("promtool").toString()));
    command.addAll(List.of(arguments));
    Path said = folder.resolve("said");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    assertThat(process.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
  }
}
