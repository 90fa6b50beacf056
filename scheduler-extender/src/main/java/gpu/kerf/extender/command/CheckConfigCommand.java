package gpu.kerf.extender.command;

import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.SettingProblem;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsException;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.settings.SettingsWriter;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kerf check-config}: checks settings without starting the service. */
@Command(
    name = "check-config",
    description = {
      "Checks settings and lists every problem at once.",
      "",
      "It reads the same file, environment and options as kerf serve. If there is no problem, it "
          + "prints the resulting settings.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class CheckConfigCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SettingsOptions options = new SettingsOptions();

  @Option(names = "--example", description = "Print a commented file with every default.")
  private boolean example;

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (example) {
      out.print(SettingsWriter.example());
      out.flush();
      return 0;
    }
    Vertx vertx = Vertxes.small();
    try {
      SettingsSource source = options.source(vertx, List.of());
      Settings settings = Vertxes.await(source.read());
      good(out, SettingsWriter.json(settings));
      return 0;
    } catch (SettingsException wrong) {
      bad(out, wrong.problems());
      return 1;
    } finally {
      Vertxes.close(vertx);
    }
  }

  private void good(PrintWriter out, JsonObject settings) {
    if (json) {
      out.println(new JsonObject().put("ok", true).put("settings", settings).encode());
    } else {
      out.println("The settings are valid.");
      out.println(settings.encodePrettily());
    }
    out.flush();
  }

  private void bad(PrintWriter out, List<SettingProblem> problems) {
    if (!json) {
      problems.forEach(problem -> spec.commandLine().getErr().println("kerf: " + problem));
      spec.commandLine().getErr().flush();
      return;
    }
    JsonArray list = new JsonArray();
    for (SettingProblem problem : problems) {
      list.add(
          new JsonObject()
              .put("path", problem.path())
              .put("value", problem.value())
              .put("from", problem.from())
              .put("what", problem.what())
              .put("hint", problem.hint()));
    }
    out.println(new JsonObject().put("ok", false).put("problems", list).encode());
    out.flush();
  }
}
