package gpu.kerf.extender.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The map into the repository leads to classes, tests and files that are there. */
class ArchitectureDocTest {

  /** Words of Kubernetes that look like classes. */
  private static final Set<String> KUBERNETES = Set.of("DisruptionTarget");

  private static final String CLASS = "[A-Z][a-z]\\w*";
  private static final Pattern DIAGRAM = Pattern.compile("```mermaid\n(.*?)```", Pattern.DOTALL);
  private static final Pattern CLASS_IN_DIAGRAM = Pattern.compile("\\b[A-Z][a-z]+[A-Z]\\w+");

  @Test
  void everyClassThatItNamesExists() throws IOException {
    Sources sources = Sources.read();
    Set<String> named = new TreeSet<>(classesInDiagrams());
    for (String word : Sources.codeIn(prose())) {
      if (word.matches(CLASS)) {
        named.add(word);
      }
    }
    named.removeAll(KUBERNETES);
    assertThat(named).hasSizeGreaterThan(60).allMatch(sources::hasClass, "is a class");
  }

  @Test
  void everyPathThatItNamesExists() throws IOException {
    List<String> paths = new ArrayList<>();
    for (String word : Sources.codeIn(prose())) {
      if (word.matches("(gpu-model|scheduler-extender|bench|manifests|docs)/\\S*")) {
        paths.add(word);
      }
    }
    assertThat(paths)
        .hasSizeGreaterThan(8)
        .allMatch(path -> Files.exists(Markdown.root().resolve(path)), "exists");
  }

  @Test
  void everyChangeOfTheTableNamesATest() throws IOException {
    Sources sources = Sources.read();
    int changes = 0;
    for (String row :
        section("To change X").lines().filter(line -> line.startsWith("| ")).toList()) {
      String[] cells = row.split(" \\| ");
      if (cells[0].equals("| to change")) {
        continue;
      }
      changes++;
      assertThat(cells).as(row).hasSize(3);
      boolean tested = false;
      for (String word : Sources.codeIn(cells[2])) {
        tested |= word.endsWith("Test") && sources.hasTest(word);
      }
      assertThat(tested).as("a test of: " + cells[0]).isTrue();
    }
    assertThat(changes).isGreaterThan(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu-model", "scheduler-extender", "bench", "manifests"})
  void everyClassThatTheReadmeOfAFolderNamesExists(String folder) throws IOException {
    Sources sources = Sources.read();
    String page = Files.readString(Markdown.root().resolve(folder).resolve("README.md"));
    List<String> named = Sources.codeIn(page).stream().filter(word -> word.matches(CLASS)).toList();
    assertThat(named).hasSizeGreaterThan(4).allMatch(sources::hasClass, "is a class");
  }

  private static Set<String> classesInDiagrams() throws IOException {
    Set<String> classes = new TreeSet<>();
    Matcher diagrams = DIAGRAM.matcher(page());
    while (diagrams.find()) {
      Matcher names = CLASS_IN_DIAGRAM.matcher(diagrams.group(1));
      while (names.find()) {
        classes.add(names.group());
      }
    }
    return classes;
  }

  private static String prose() throws IOException {
    return DIAGRAM.matcher(page()).replaceAll("");
  }

  private static String section(String heading) throws IOException {
    String page = page();
    int begin = page.indexOf("\n## " + heading);
    assertThat(begin).as("the chapter " + heading).isNotNegative();
    int end = page.indexOf("\n## ", begin + 1);
    return page.substring(begin, end < 0 ? page.length() : end);
  }

  private static String page() throws IOException {
    Path file = Markdown.root().resolve("docs/explanation/architecture.md");
    return Files.readString(file);
  }
}
