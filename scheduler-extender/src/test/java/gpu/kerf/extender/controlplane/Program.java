package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A process that never outlives this JVM, however that ends: a shell beside it reads a pipe whose
 * other end only this JVM has, and kills it when the pipe closes. Signals to the whole process
 * group (a Ctrl-C) do not stop that shell.
 */
public final class Program {
  private static final String GUARD =
      """
      exec 3<&0
      (trap '' HUP INT TERM; read -r _ <&3; kill -9 $$) >/dev/null 2>&1 &
      exec 3<&- </dev/null
      exec "$@"
      """;

  private final Process process;
  private final Path log;

  private Program(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts a program; what it writes is added to the log. */
  public static Program start(Path log, Map<String, String> environment, List<String> command) {
    List<String> guarded = new ArrayList<>(List.of("/bin/sh", "-c", GUARD, "sh"));
    guarded.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(guarded)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      return new Program(builder.start(), log);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  public boolean running() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Kills it at once, and waits until it is gone. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Asks it to end, and waits until it did. */
  public void stop() {
    signal("TERM");
    process.onExit().join();
  }

  /**
   * Sends a signal: {@code STOP} holds the program as a long pause would, {@code CONT} lets it go
   * on.
   */
  public void signal(String name) {
    try {
      int code =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid()).start().waitFor();
      if (code != 0 && running()) {
        throw new IllegalStateException("kill -" + name + " " + pid() + " exited " + code + ".");
      }
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  /** How it ended. */
  public int exitCode() {
    return process.exitValue();
  }

  /** Everything it wrote so far. */
  public String log() {
    try {
      return Files.exists(log) ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8) : "";
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** The end of the log, for messages. */
  String lastWords() {
    List<String> lines = log().lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
  }
}
