package gpu.kerf.extender.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project's Markdown pages as text: links, the anchors that GitHub makes, shell blocks. */
public final class Markdown {
  private static final Pattern FENCE = Pattern.compile("^\\s*```.*?^\\s*```\\s*?$", flags());
  private static final Pattern YAML =
      Pattern.compile("^```yaml\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#{1,6} +(.*?)\\s*$", Pattern.MULTILINE);
  private static final Pattern NOT_IN_ANCHORS = Pattern.compile("[^\\p{L}\\p{N}_ -]");

  private static final Pattern SHELL =
      Pattern.compile("^( *)```sh\\s*?\n(.*?)^ *```\\s*?$", flags());
  private static final String FAILS = "<!-- this block fails -->\n";

  /**
   * A block of shell commands.
   *
   * @param fails whether the page announces that it must fail
   */
  public record Shell(String script, boolean fails) {}

  private Markdown() {}

  /** The page's blocks of shell commands, without the margin that they have in a list. */
  public static List<Shell> shellBlocks(Path page) throws IOException {
    String text = Files.readString(page);
    Matcher blocks = SHELL.matcher(text);
    List<Shell> scripts = new ArrayList<>();
    while (blocks.find()) {
      String script = blocks.group(2).replaceAll("(?m)^" + blocks.group(1), "");
      scripts.add(new Shell(script, text.substring(0, blocks.start()).endsWith(FAILS)));
    }
    return scripts;
  }

  /** The first block of YAML of a page. */
  public static String yamlBlock(Path page) throws IOException {
    Matcher block = YAML.matcher(Files.readString(page));
    if (!block.find()) {
      throw new IllegalArgumentException(page + " has no block of YAML.");
    }
    return block.group(1);
  }

  /** The root of the repository, seen from the module in which tests run. */
  public static Path root() {
    Path module = Path.of("").toAbsolutePath();
    return Objects.requireNonNull(module.getParent());
  }

  static List<Path> pages() throws IOException {
    return files(root(), Set.of("md"));
  }

  /** The files below a folder with one of these endings, but for what builds made. */
  static List<Path> files(Path folder, Set<String> endings) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> endings.contains(ending(file)))
          .filter(file -> !isBuilt(folder.relativize(file)))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  /** The targets of a page's links, as they are written. */
  static List<String> links(Path page) throws IOException {
    String prose = FENCE.matcher(Files.readString(page)).replaceAll("");
    Matcher links = LINK.matcher(CODE.matcher(prose).replaceAll("code"));
    List<String> targets = new ArrayList<>();
    while (links.find()) {
      targets.add(links.group(1));
    }
    return targets;
  }

  static Set<String> anchors(Path page) throws IOException {
    Matcher headings = HEADING.matcher(FENCE.matcher(Files.readString(page)).replaceAll(""));
    Map<String, Integer> seen = new HashMap<>();
    Set<String> anchors = new LinkedHashSet<>();
    while (headings.find()) {
      String anchor = anchor(headings.group(1));
      int before = seen.merge(anchor, 1, Integer::sum) - 1;
      anchors.add(before == 0 ? anchor : anchor + "-" + before);
    }
    return anchors;
  }

  private static String anchor(String heading) {
    String words = heading.replaceAll("\\[([^]]*)\\]\\([^)]*\\)", "$1").toLowerCase(Locale.ROOT);
    return NOT_IN_ANCHORS.matcher(words).replaceAll("").replace(' ', '-');
  }

  private static String ending(Path file) {
    String name = file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static boolean isBuilt(Path file) {
    for (Path part : file) {
      String name = part.toString();
      if (name.equals("target") || (name.startsWith(".") && !name.equals(".ci"))) {
        return true;
      }
    }
    return false;
  }

  private static int flags() {
    return Pattern.DOTALL | Pattern.MULTILINE;
  }
}
