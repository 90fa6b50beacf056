package gpu.kerf.extender.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the files of the console promise without a browser. */
class ConsoleFilesTest {
  private static final Pattern IMPORT = Pattern.compile("(?m)^import .* from \"([^\"]+)\"");
  private static final Pattern MARKUP_LINK = Pattern.compile("(?:href|src)=\"([^\"#]+)\"");

  @Test
  void nothingComesFromElsewhere() throws Exception {
    for (Path file : texts()) {
      assertThat(Files.readString(file).replace("http://www.w3.org/2000/svg", ""))
          .as(file.toString())
          .doesNotContain("http://", "https://", "//cdn");
    }
  }

  @Test
  void theMarkupHoldsNeitherStyleNorScript() throws Exception {
    String page = Files.readString(folder().resolve("index.html"));
    assertThat(page)
        .doesNotContainPattern("\\sstyle=")
        .doesNotContainPattern("\\son[a-z]+=")
        .doesNotContain("<style");
    assertThat(page).doesNotContainPattern("<script(?![^>]*\\ssrc=)");
  }

  @Test
  void scriptsMakeNoMarkupOutOfTexts() throws Exception {
    for (Path file : texts()) {
      assertThat(Files.readString(file))
          .as(file.toString())
          .doesNotContain(
              "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
    }
  }

  @Test
  void everyFileThatIsNamedExists() throws Exception {
    Path folder = folder();
    Matcher links = MARKUP_LINK.matcher(Files.readString(folder.resolve("index.html")));
    while (links.find()) {
      if (!links.group(1).startsWith("api/")) {
        assertThat(folder.resolve(links.group(1))).exists();
      }
    }
    for (Path file : texts()) {
      Matcher imports = IMPORT.matcher(Files.readString(file));
      while (imports.find()) {
        assertThat(Objects.requireNonNull(file.getParent()).resolve(imports.group(1))).exists();
      }
    }
  }

  private static Path folder() throws URISyntaxException {
    URL index = Objects.requireNonNull(ConsoleFilesTest.class.getResource("/console/index.html"));
    return Objects.requireNonNull(Path.of(index.toURI()).getParent());
  }

  private static List<Path> texts() throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.walk(folder())) {
      return files
          .filter(file -> file.toString().matches(".*\\.(js|css|html|svg)"))
          .sorted()
          .toList();
    }
  }
}
