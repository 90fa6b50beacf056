package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** kubectl as one user. It reads and writes nothing in the home of the user who runs the tests. */
final class Kubectl {
  private final Path path;
  private final Path folder;
  private final Path kubeconfig;

  Kubectl(Path path, Path folder, Path kubeconfig) {
    this.path = path;
    this.folder = folder;
    this.kubeconfig = kubeconfig;
  }

  /** What it printed; an error tells what it complained about. */
  String run(String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(path.toString(), "--kubeconfig=" + kubeconfig));
    command.addAll(List.of(arguments));
    try {
      Path complaint = Files.createTempFile(folder, "kubectl", ".err");
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(complaint.toFile());
      builder.environment().put("HOME", folder.toString());
      Process process = builder.start();
      Thread feeder = new Thread(() -> feed(process, input));
      feeder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      feeder.join();
      String said = Files.readString(complaint);
      Files.delete(complaint);
      if (code != 0) {
        throw new IllegalStateException(
            "kubectl %s exited %d:\n%s".formatted(String.join(" ", arguments), code, said));
      }
      return output;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  private static void feed(Process process, String input) {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException endedBefore) {
      // It did not want to read it all, and its exit code says whether that is right.
    }
  }
}
