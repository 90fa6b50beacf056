package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.placement.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The tables of docs/reference/verbs.md are what the code answers; -Dkerf.write.docs writes them.
 */
class VerbDocsTest {

  private static final Path PAGE =
      Path.of("").toAbsolutePath().resolveSibling("docs/reference/verbs.md");

  @Test
  void theTableOfErrorsIsCurrent() throws IOException {
    StringBuilder table = new StringBuilder("| id | text |\n|---|---|\n");
    for (VerbError error : VerbError.values()) {
      table.append("| `%s` | %s |\n".formatted(error.id(), error.text()));
    }
    assertCurrent("errors", table.toString());
  }

  @Test
  void theTableOfReasonsIsCurrent() throws IOException {
    StringBuilder table = new StringBuilder("| answered in | text |\n|---|---|\n");
    for (Reason reason : Reason.values()) {
      String map = reason.never() ? "FailedAndUnresolvableNodes" : "FailedNodes";
      table.append("| `%s` | %s |\n".formatted(map, reason.text()));
    }
    assertCurrent("reasons", table.toString());
  }

  private static void assertCurrent(String part, String table) throws IOException {
    String text = Files.readString(PAGE);
    String mark = "<!-- " + part + ": VerbDocsTest -->\n";
    int begin = text.indexOf(mark) + mark.length();
    int end = text.indexOf("<!-- end -->", begin);
    assertThat(end).as("the part %s of %s", part, PAGE).isGreaterThanOrEqualTo(begin);
    if (System.getProperty("kerf.write.docs") != null) {
      Files.writeString(PAGE, text.substring(0, begin) + table + text.substring(end));
    } else {
      assertThat(text.substring(begin, end)).isEqualTo(table);
    }
  }
}
