package gpu.kerf.extender.controlplane;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** The program helm, built from its Go module. It keeps nothing in the home of the user. */
public final class Helm {
  /** Names a program to take instead. */
  private static final String VARIABLE = "KERF_HELM";

  private final Path program;
  private final Path folder;

  private Helm(Path program, Path folder) {
    this.program = program;
    this.folder = folder;
  }

  /**
   * Finds it, or skips the test where this machine has no way to it.
   *
   * @param folder for what helm itself writes
   */
  public static Helm orSkip(Path folder) {
    Map<String, String> environment = System.getenv();
    if (environment.containsKey(VARIABLE)) {
      return new Helm(Path.of(environment.getOrDefault(VARIABLE, "")), folder);
    }
    boolean go =
        Programs.path(environment).stream().anyMatch(each -> Files.exists(each.resolve("go")));
    Assumptions.assumeTrue(go, "no helm: go is not on the PATH, and KERF_HELM names no program");
    Path script = Path.of(System.getProperty("basedir", ""), "src/test/go/build");
    String said = Tool.run("bash", script.toString(), "helm");
    String last = said.lines().reduce("", (before, line) -> line);
    return new Helm(Path.of(last).resolve("helm"), folder);
  }

  /** What it printed; an error tells what it complained about. */
  public String run(String... arguments) {
    List<String> command = new ArrayList<>(List.of("env"));
    for (String kind : List.of("CACHE", "CONFIG", "DATA")) {
      command.add("HELM_" + kind + "_HOME=" + folder);
    }
    command.add(program.toString());
    command.addAll(List.of(arguments));
    return Tool.run(command);
  }
}
