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
 * What shell blocks of the documents name is there. The guides' blocks also run: those of {@code
 * kerf} in {@code GuidesTest} of the module bench, those of {@code kubectl} in {@code
 * QuickStartTest}. The few that only are checked here stand in {@link #ONLY_CHECKED}.
 */
class ShellBlocksTest {

  /** Builds that run in CI anyway, and would run themselves here. */
  private static final Set<String> ONLY_CHECKED = Set.of("./mvnw verify\n");

  private static final Pattern FILE_OR_FOLDER =
      Pattern.compile("(-k|-f) +(manifests/[\\w./-]+)|(?:^| )\\.?/?(mvnw|kerf) ");

  @Test
  void everyBlockOfAGuideIsRunByATestOrKnownNotToBe() throws IOException {
    int blocks = 0;
    for (Path page : Guides.all()) {
      for (Markdown.Shell block : Markdown.shellBlocks(page)) {
        blocks++;
        boolean kerf = block.script().contains("./kerf ");
        boolean kubectl = block.script().contains("kubectl ");
        assertThat(ONLY_CHECKED.contains(block.script()) || kerf != kubectl)
            .as("%s: GuidesTest or QuickStartTest runs%n%s", page, block.script())
            .isTrue();
      }
    }
    assertThat(blocks).isGreaterThan(20);
  }

  @Test
  void everyFileAndFolderThatABlockNamesExists() throws IOException {
    Path root = Markdown.root();
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Path page : Markdown.pages()) {
      for (Markdown.Shell block : Markdown.shellBlocks(page)) {
        Matcher names = FILE_OR_FOLDER.matcher(block.script());
        while (names.find()) {
          named++;
          String name = names.group(2) == null ? names.group(3) : names.group(2);
          String file = "-k".equals(names.group(1)) ? name + "/kustomization.yaml" : name;
          if (!Files.exists(root.resolve(file))) {
            missing.add(root.relativize(page) + " names " + file);
          }
        }
      }
    }
    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(20);
  }
}
