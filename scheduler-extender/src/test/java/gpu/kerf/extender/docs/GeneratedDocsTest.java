package gpu.kerf.extender.docs;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.WordTables;
import gpu.kerf.extender.settings.SettingsWriter;
import gpu.kerf.extender.telemetry.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The parts of the documentation that follow from the code. {@code ./mvnw -pl scheduler-extender
 * -am test -Dtest=GeneratedDocsTest -Dkerf.write.docs -Dsurefire.failIfNoSpecifiedTests=false}
 * writes them.
 */
class GeneratedDocsTest {
  private static final String BEGIN = "<!-- generated: GeneratedDocsTest -->\n";
  private static final String END = "<!-- end of generated -->\n";
  private static final boolean WRITE = System.getProperty("kerf.write.docs") != null;

  @Test
  void theExampleFileIsCurrent() throws IOException {
    Path file = docs().resolve("reference/kerf.example.yaml");
    if (WRITE) {
      Files.writeString(file, SettingsWriter.example());
    }
    assertThat(Files.readString(file)).isEqualTo(SettingsWriter.example());
  }

  @Test
  void theTableOfSettingsIsCurrent() throws IOException {
    assertCurrent(docs().resolve("reference/settings.md"), SettingsWriter.table());
  }

  @Test
  void theTableOfMetricsIsCurrent() throws IOException {
    assertCurrent(docs().resolve("reference/metrics.md"), Metric.table());
  }

  @Test
  void theTablesOfDialectsAreCurrent() throws IOException {
    assertCurrent(docs().resolve("reference/dialects.md"), WordTables.of(Dialects.all()));
  }

  private static void assertCurrent(Path file, String table) throws IOException {
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    int end = text.indexOf(END);
    assertThat(end).as("the marked part of " + file).isGreaterThan(begin - 1);
    if (WRITE) {
      Files.writeString(file, text.substring(0, begin) + table + text.substring(end));
    } else {
      assertThat(text.substring(begin, end)).isEqualTo(table);
    }
  }

  private static Path docs() {
    Path module = Path.of("").toAbsolutePath();
    return module.resolveSibling("docs");
  }
}
