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

/** A reader who follows a link, or a path in a comment or a manifest, arrives. */
class LinksTest {
  private static final Set<String> TEXT =
      Set.of("java", "yaml", "yml", "xml", "json", "js", "sh", "txt", "md", "go", "run", "kerf");
  private static final Pattern PAGE_IN_TEXT =
      Pattern.compile("\\bdocs/[\\w/.-]*?\\.(?:md|yaml|png)\\b");

  @Test
  void everyRelativeLinkOfAPageHasItsFileAndItsAnchor() throws IOException {
    List<String> broken = new ArrayList<>();
    int followed = 0;
    for (Path page : Markdown.pages()) {
      for (String link : Markdown.links(page)) {
        if (!link.matches("\\w+:.*")) {
          followed++;
          problem(page, link, broken);
        }
      }
    }
    assertThat(broken).as("broken links").isEmpty();
    assertThat(followed).as("links that were followed").isGreaterThan(50);
  }

  @Test
  void everyPageThatAFileNamesExists() throws IOException {
    Path root = Markdown.root();
    List<String> broken = new ArrayList<>();
    for (Path file : Markdown.files(root, TEXT)) {
      if (file.endsWith("CHANGELOG.md")) {
        continue; // It tells where pages were.
      }
      Matcher names = PAGE_IN_TEXT.matcher(Files.readString(file));
      while (names.find()) {
        if (!Files.exists(root.resolve(names.group()))) {
          broken.add(root.relativize(file) + " names " + names.group());
        }
      }
    }
    assertThat(broken).as("names of pages that do not exist").isEmpty();
  }

  @Test
  void theIndexLeadsToEveryPage() throws IOException {
    Path docs = Markdown.root().resolve("docs");
    Path index = docs.resolve("README.md");
    Set<Path> missing = new TreeSet<>(Markdown.files(docs, Set.of("md", "yaml")));
    missing.remove(index);
    for (String link : Markdown.links(index)) {
      missing.remove(docs.resolve(link.split("#", 2)[0]).normalize());
    }
    assertThat(missing).as("pages that docs/README.md does not link to").isEmpty();
  }

  private static void problem(Path page, String link, List<String> broken) throws IOException {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    String place = Markdown.root().relativize(page) + " links to " + link;
    if (!target.startsWith(Markdown.root()) || !Files.exists(target)) {
      broken.add(place + ": there is no such file");
    } else if (parts.length == 2 && !Markdown.anchors(target).contains(parts[1])) {
      broken.add(place + ": there is no such heading in " + Markdown.anchors(target));
    }
  }
}
