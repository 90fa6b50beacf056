package gpu.kerf.extender.command;

import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options with which every command that runs the service takes settings. */
public final class SettingsOptions {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "Settings in YAML; kerf check-config --example writes one.")
  private @Nullable Path file;

  @Option(
      names = {"-D", "--set"},
      paramLabel = "PATH=VALUE",
      description = "One setting, such as limits.body=32MiB; wins over file and environment.")
  private List<String> assignments = new ArrayList<>();

  @Option(
      names = "--insecure-listen",
      description = "Listen beyond this machine without TLS: a client that can call can bind pods.")
  private boolean insecure;

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
