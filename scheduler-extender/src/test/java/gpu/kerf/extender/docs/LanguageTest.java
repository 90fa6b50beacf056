package gpu.kerf.extender.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Documents and manifests name their subjects; CONTRIBUTING says how this project writes. */
class LanguageTest {
  private static final Pattern NO_SUBJECT =
      Pattern.compile(
          "\\b(nobody|somebody|anybody|everybody|whoever)\\b", Pattern.CASE_INSENSITIVE);

  @Test
  void everySentenceNamesItsSubject() throws IOException {
    Path root = Markdown.root();
    List<Path> files = new ArrayList<>(Markdown.pages());
    files.addAll(Markdown.files(root.resolve("manifests"), Set.of("yaml", "json", "sh")));
    files.addAll(Markdown.files(root.resolve("docs"), Set.of("yaml")));
    files.remove(root.resolve("CONTRIBUTING.md")); // It names these words as examples.
    List<String> found = new ArrayList<>();
    for (Path file : files) {
      int number = 0;
      for (String line : Files.readAllLines(file)) {
        number++;
        Matcher word = NO_SUBJECT.matcher(line);
        if (word.find()) {
          found.add(root.relativize(file) + ":" + number + " says " + word.group() + ": " + line);
        }
      }
    }
    assertThat(files).hasSizeGreaterThan(60);
    assertThat(found).isEmpty();
  }
}
