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

/**
 * Documents, manifests, scripts, the console, and the comments and strings of Java name their
 * subjects; CONTRIBUTING says how this project writes.
 */
class LanguageTest {

  private static final Pattern NO_SUBJECT =
      Pattern.compile(
          "\\b(nobody|somebody|anybody|everybody|someone|anyone|everyone|whoever|whatever"
              + "|whichever|nothing\\s+but|lest|for\\s+to|else's)\\b",
          Pattern.CASE_INSENSITIVE);

  /** A text block, a string or a comment; a character is here so that '"' begins no string. */
  private static final Pattern JAVA_TEXT =
      Pattern.compile(
          "\"\"\".*?\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*+\"|'(?:[^'\\\\\n]|\\\\.)*+'"
              + "|/\\*.*?\\*/|(?:[ \t]*//[^\n]*\n)++",
          Pattern.DOTALL);

  private static final Pattern MARGIN = Pattern.compile("(?m)^[ \t]*(?:\\*|//)[ \t]?");

  private final Path root = Markdown.root();

  /** These two have the words as examples. */
  private boolean isExample(Path file) {
    return file.endsWith("CONTRIBUTING.md") || file.endsWith("LanguageTest.java");
  }

  private List<String> findings(Path file) throws IOException {
    String text = Files.readString(file);
    List<String> found = new ArrayList<>();
    if (file.toString().endsWith(".java")) {
      Matcher parts = JAVA_TEXT.matcher(text);
      while (parts.find()) {
        String part = MARGIN.matcher(parts.group()).replaceAll(" ");
        if (NO_SUBJECT.matcher(part).find()) {
          found.add(part);
        }
      }
    } else {
      text.lines().filter(line -> NO_SUBJECT.matcher(line).find()).forEach(found::add);
    }
    return found.stream().map(each -> root.relativize(file) + " says: " + each).toList();
  }

  private void check(List<Path> files) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : files) {
      if (!isExample(file)) {
        found.addAll(findings(file));
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void everySentenceOfTheDocumentsNamesItsSubject() throws IOException {
    List<Path> files = Markdown.files(root, Set.of("md", "yaml", "html", "js", "css"));
    assertThat(files).hasSizeGreaterThan(200);
    check(files);
  }

  @Test
  void everySentenceOfTheScriptsNamesItsSubject() throws IOException {
    List<Path> files =
        Markdown.files(
            root, Set.of("sh", "kerf", "run", "train", "prepare", "build", "take", "add-version"));
    assertThat(files).hasSizeGreaterThan(7);
    check(files);
  }

  @Test
  void everyCommentAndStringOfJavaNamesItsSubject() throws IOException {
    List<Path> files = Markdown.files(root, Set.of("java"));
    assertThat(files).hasSizeGreaterThan(700);
    check(files);
  }
}
