package gpu.kerf.extender.settings;

import io.vertx.config.ConfigRetriever;
import io.vertx.config.ConfigRetrieverOptions;
import io.vertx.config.ConfigStoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads settings from their sources, each overriding the one before: defaults, a YAML file, the
 * environment, the command line.
 */
public final class SettingsSource {
  private final @Nullable Path file;
  private final Overrides environment;
  private final Overrides commandLine;
  private final ConfigRetriever retriever;

  /**
   * @param assignments what the command line sets, as {@code path=value}
   */
  public SettingsSource(
      Vertx vertx, @Nullable Path file, Map<String, String> variables, List<String> assignments) {
    this.file = file;
    this.environment = Overrides.ofEnvironment(variables);
    this.commandLine = Overrides.ofCommandLine(assignments);
    this.retriever = ConfigRetriever.create(vertx, stores(file, environment, commandLine));
  }

  private static ConfigRetrieverOptions stores(
      @Nullable Path file, Overrides environment, Overrides commandLine) {
    ConfigRetrieverOptions options =
        new ConfigRetrieverOptions()
            .setIncludeDefaultStores(false)
            .setScanPeriod(-1)
            .addStore(json(SettingsWriter.json(Settings.defaults())));
    if (file != null) {
      options.addStore(
          new ConfigStoreOptions()
              .setType("file")
              .setFormat(StrictYaml.FORMAT)
              .setConfig(new JsonObject().put("path", file.toAbsolutePath().toString())));
    }
    return options.addStore(json(environment.tree())).addStore(json(commandLine.tree()));
  }

  private static ConfigStoreOptions json(JsonObject tree) {
    return new ConfigStoreOptions().setType("json").setConfig(tree);
  }

  /** Reads everything again; fails with a {@link SettingsException} that says all that is wrong. */
  public Future<Settings> read() {
    return retriever
        .getConfig()
        .recover(failure -> Future.failedFuture(unreadable(failure)))
        .map(this::settings);
  }

  private Settings settings(JsonObject tree) {
    SettingsReader reader = new SettingsReader(this::from);
    Settings settings = reader.read(tree);
    List<SettingProblem> problems = new ArrayList<>(reader.problems());
    problems.addAll(environment.problems());
    problems.addAll(commandLine.problems());
    if (problems.isEmpty()) {
      problems.addAll(Rules.broken(settings, this::from));
    }
    if (!problems.isEmpty()) {
      throw new SettingsException(problems);
    }
    return settings;
  }

  private String from(String path) {
    String origin = commandLine.origin(path);
    origin = origin != null ? origin : environment.origin(path);
    return origin != null ? origin : file != null ? file.toString() : "the defaults";
  }

  private SettingsException unreadable(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof StrictYaml.SyntaxException)) {
      cause = cause.getCause();
    }
    boolean missing = cause instanceof NoSuchFileException;
    String what = missing ? "does not exist." : "cannot be read: " + cause.getMessage();
    String hint = missing ? "kerf check-config --example writes one." : "";
    return new SettingsException(
        List.of(new SettingProblem("", "", String.valueOf(file), what, hint)));
  }

  public Future<Void> close() {
    return retriever.close();
  }
}
