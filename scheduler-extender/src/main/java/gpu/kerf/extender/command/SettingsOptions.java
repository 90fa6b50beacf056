package gpu.kerf.extender.command;

import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options with which every command that runs the service takes settings. */
public final class SettingsOptions {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "The settings, as YAML; kerf check-config --example prints an example.")
  private @Nullable Path file;

  @Option(
      names = {"-D", "--set"},
      paramLabel = "PATH=VALUE",
      description =
          "One setting, such as limits.body=32MiB; it overrides the file and the environment.")
  private List<String> assignments = new ArrayList<>();

  @Option(
      names = "--insecure-listen",
      description =
          "Listen to other machines without TLS: every client that can connect can bind pods.")
  private boolean insecure;

  /** The settings that {@code --listen} stands for; what {@code --set} says wins over them. */
  static List<String> listen(CommandLine command, String address) {
    int colon = address.lastIndexOf(':');
    String port = address.substring(colon + 1);
    if (colon < 1 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
      throw new ParameterException(
          command, "--listen (" + address + ") is not HOST:PORT.\nMaybe 127.0.0.1:8880.");
    }
    return List.of("listen.host=" + address.substring(0, colon), "listen.port=" + port);
  }

  @Nullable Path file() {
    return file;
  }

  /**
   * Where the settings come from.
   *
   * @param fallbacks assignments of the command itself, over which the user's win
   */
  public SettingsSource source(Vertx vertx, List<String> fallbacks) {
    List<String> all = new ArrayList<>(fallbacks);
    if (insecure) {
      all.add("listen.insecure=true");
    }
    all.addAll(assignments);
    return new SettingsSource(vertx, file, System.getenv(), all);
  }
}
