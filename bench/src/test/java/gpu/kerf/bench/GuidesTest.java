package gpu.kerf.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import gpu.kerf.extender.Kerf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The guides' commands of {@code kerf}, as a reader runs them: each shell block of the README, the
 * tutorials and the how-tos that calls {@code ./kerf} and needs no cluster runs in a shell, and
 * prints what the page shows below it. Commands of all other pages are only parsed.
 */
class GuidesTest {
  private static final Path ROOT = Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
  private static final Pattern SHELL =
      Pattern.compile("(?m)^( *)```sh\n(.*?)^ *```$(?:\n\n^ *```\n(.*?)^ *```$)?", Pattern.DOTALL);

  /** A command in a block or between backquotes, without what only a shell understands. */
  private static final Pattern KERF_CALL =
      Pattern.compile("(?m)(?:^ *(?:\\./)?kerf|\\./kerf) +((?:--)?[a-z][^`\n;>&|#]*)");

  private static final long PATIENCE_SECONDS = 300;

  @TempDir static Path folder;

  /** A block, and the output that stands below it; empty if none does. */
  private record Block(String script, String output) {
    boolean isForKerfAlone() {
      return script.contains("./kerf ") && !script.contains("kubectl ");
    }
  }

  @TestFactory
  Stream<DynamicTest> aGuidesCommandsWorkInTheirOrder() throws IOException {
    prepare();
    List<DynamicTest> tests = new ArrayList<>();
    for (Path page : guides()) {
      int number = 0;
      for (Block block : blocks(page)) {
        number++;
        if (block.isForKerfAlone()) {
          String name = ROOT.relativize(page) + " block " + number;
          tests.add(DynamicTest.dynamicTest(name, () -> runs(block)));
        }
      }
    }
    assertThat(tests).hasSizeGreaterThan(8);
    return tests.stream();
  }

  @Test
  void everyCommandThatAnyPageShowsParses() throws IOException {
    int parsed = 0;
    for (Path page : allPages()) {
      Matcher calls = KERF_CALL.matcher(Files.readString(page));
      while (calls.find()) {
        String call = calls.group(1).strip();
        if (call.matches(".*(COMMAND|…|\\[).*")) {
          continue; // A form, not a command.
        }
        String where = ROOT.relativize(page) + ": kerf " + call;
        assertThatCode(() -> Kerf.commandLine().parseArgs(call.split(" +")))
            .as(where)
            .doesNotThrowAnyException();
        parsed++;
      }
    }
    assertThat(parsed).isGreaterThan(30);
  }

  @Test
  void everyCommandOfTheReferenceExists() throws IOException {
    Map<String, CommandLine> commands = new TreeMap<>(Kerf.commandLine().getSubcommands());
    String page = Files.readString(ROOT.resolve("docs/reference/cli.md"));
    for (String command : commands.keySet()) {
      assertThat(page).contains("[`kerf " + command + "`]");
    }
  }

  private static void prepare() throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String kerf =
        "#!/bin/sh\nexec '%s' -XX:+UseSerialGC -cp '%s' %s \"$@\"\n"
            .formatted(java, System.getProperty("java.class.path"), Kerf.class.getName());
    Path launcher = Files.writeString(folder.resolve("kerf"), kerf);
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    Files.createSymbolicLink(folder.resolve("manifests"), ROOT.resolve("manifests"));
    Files.copy(ROOT.resolve("docs/reference/kerf.example.yaml"), folder.resolve("kerf.yaml"));
  }

  private static void runs(Block block) throws IOException, InterruptedException {
    Path printed = Files.createTempFile(folder, "printed", ".txt");
    Process shell =
        new ProcessBuilder("bash", "-eu", "-c", portable(block.script))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    try {
      assertThat(shell.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ends in time").isTrue();
    } finally {
      shell.destroyForcibly();
    }
    String output = Files.readString(printed);
    assertThat(shell.exitValue()).as(output).isZero();
    for (String line : block.output.lines().toList()) {
      // How many decisions a second depends on the machine.
      assertThat(output).contains(line.replaceAll(", \\d+ a second.*", ""));
    }
  }

  /** Any free port will do, and a demo that a reader watches need not be watched to its end. */
  private static String portable(String script) {
    return script
        .replaceAll("(?m)^\\./kerf demo$", "./kerf demo --pods 30")
        .replaceAll("(?m)^\\./kerf demo", "./kerf demo --listen 127.0.0.1:0");
  }

  private static List<Path> allPages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  private static List<Path> guides() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    for (String folder : List.of("docs/tutorials", "docs/how-to")) {
      try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
      }
    }
    return pages;
  }

  private static List<Block> blocks(Path page) throws IOException {
    List<Block> blocks = new ArrayList<>();
    Matcher shell = SHELL.matcher(Files.readString(page));
    while (shell.find()) {
      String margin = "(?m)^" + shell.group(1);
      String output = shell.group(3) == null ? "" : shell.group(3);
      blocks.add(new Block(shell.group(2).replaceAll(margin, ""), output.replaceAll(margin, "")));
    }
    return blocks;
  }
}
