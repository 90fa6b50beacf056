package gpu.kerf.extender.command;

import gpu.kerf.extender.cluster.kubernetes.objects.DeviceClass;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.SettingProblem;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsException;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.settings.SettingsWriter;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
      "",
      "With --device-classes it checks DeviceClasses of the cluster instead: none may stand for a "
          + "resource of Kerf, and it warns of those that stand for one for which pods ask Kerf.",
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

  @Option(
      names = "--device-classes",
      paramLabel = "FILE",
      description =
          "Check these DeviceClasses instead, as kubectl get deviceclasses -o yaml writes them; -"
              + " is stdin.")
  private @Nullable String deviceClasses;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (deviceClasses != null) {
      return check(DeviceClassFile.read(deviceClasses));
    }
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

  private int check(List<DeviceClass> classes) {
    List<DeviceClass> wrong =
        classes.stream().filter(each -> each.effect() != DeviceClass.Effect.NONE).toList();
    boolean ok =
        wrong.stream().noneMatch(each -> each.effect() == DeviceClass.Effect.DELETES_CLAIMS);
    if (json) {
      JsonArray list = new JsonArray();
      wrong.forEach(each -> list.add(asJson(each)));
      spec.commandLine()
          .getOut()
          .println(new JsonObject().put("ok", ok).put("deviceClasses", list).encode());
    } else {
      for (DeviceClass each : wrong) {
        boolean refused = each.effect() == DeviceClass.Effect.DELETES_CLAIMS;
        spec.commandLine()
            .getErr()
            .println((refused ? "kerf: " : "kerf: warning: ") + each.problem() + " " + each.hint());
      }
      if (ok) {
        spec.commandLine()
            .getOut()
            .println(
                "None of (" + classes.size() + ") DeviceClasses stands for a resource of Kerf.");
      }
    }
    spec.commandLine().getErr().flush();
    spec.commandLine().getOut().flush();
    return ok ? 0 : 1;
  }

  private static JsonObject asJson(DeviceClass wrong) {
    return new JsonObject()
        .put("name", wrong.name())
        .put("resource", wrong.resource())
        .put("refused", wrong.effect() == DeviceClass.Effect.DELETES_CLAIMS)
        .put("what", wrong.problem())
        .put("hint", wrong.hint());
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
