package gpu.kerf.extender.controlplane;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Where the programs of a control plane are on this machine, if they are. */
sealed interface Programs {
  /** How the message of a test begins that was skipped because there is no control plane. */
  String NONE = "no control plane";

  String DEFAULT_VERSION = "1.36.3";

  /** Says which version is built, if no programs are named. */
  String VERSION_VARIABLE = "KERF_K8S_VERSION";

  /** A place that has all of them. */
  record Found(List<Path> folders) implements Programs {
    Path path(String program) {
      return in(folders, program)
          .orElseThrow(
              () -> new IllegalStateException("%s is in none of %s.".formatted(program, folders)));
    }

    boolean has(String program) {
      return in(folders, program).isPresent();
    }

    @Override
    public Found orSkip() {
      return this;
    }
  }

  /** No place has all of them. */
  record Missing(String why) implements Programs {
    @Override
    public Found orSkip() {
      return Assumptions.abort(why);
    }
  }

  /** The place, or the end of the test that wants it. */
  Found orSkip();

  /**
   * The first of: folders named by the environment, images that it names, what was or can be built
   * with Go.
   */
  static Programs find(Map<String, String> environment) {
    List<Path> named =
        Stream.of("KERF_KUBE_BIN", "KUBEBUILDER_ASSETS")
            .map(name -> environment.getOrDefault(name, ""))
            .filter(folder -> !folder.isEmpty())
            .map(Path::of)
            .toList();
    if (!named.isEmpty() && missingIn(named).isEmpty()) {
      return new Found(named);
    }
    if (environment.containsKey("KERF_KUBE_BIN")) {
      throw new IllegalStateException(
          "KERF_KUBE_BIN is %s, which has no %s.\nMaybe unset it, and have everything built by Go."
              .formatted(environment.get("KERF_KUBE_BIN"), String.join(", ", missingIn(named))));
    }
    if (environment.containsKey("KERF_KUBE_IMAGES")) {
      return new Found(List.of(made(environment, "images/take", version(environment))));
    }
    if (in(path(environment), "go").isPresent()) {
      return new Found(List.of(made(environment, "go/build", version(environment))));
    }
    return new Missing(
        NONE
            + ": go is not on the PATH, KERF_KUBE_IMAGES names no images, and neither KERF_KUBE_BIN"
            + " nor KUBEBUILDER_ASSETS names a folder with "
            + String.join(", ", ALL));
  }

  List<String> ALL =
      List.of(
          "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok");

  private static List<String> missingIn(List<Path> folders) {
    return ALL.stream().filter(program -> in(folders, program).isEmpty()).toList();
  }

  private static Optional<Path> in(List<Path> folders, String program) {
    return folders.stream()
        .map(folder -> folder.resolve(program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static List<Path> path(Map<String, String> environment) {
    return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .map(Path::of)
        .toList();
  }

  /** The version that is built, if no programs are named. */
  static String version(Map<String, String> environment) {
    return environment.getOrDefault(VERSION_VARIABLE, DEFAULT_VERSION);
  }

  /** Of that version, the minor one, such as 36. */
  static int minor(Map<String, String> environment) {
    return Integer.parseInt(version(environment).split("\\.", -1)[1]);
  }

  /** The folder of the cache that a script has filled; the first time this takes minutes. */
  static Path made(Map<String, String> environment, String by, String... arguments) {
    Path script = Path.of(System.getProperty("basedir", ""), "src/test", by);
    List<String> command = new ArrayList<>(List.of("bash", script.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      String folder = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(
            "%s %s failed; what it said stands in the output of this run."
                .formatted(script, String.join(" ", arguments)));
      }
      return Path.of(folder.strip());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }
}
