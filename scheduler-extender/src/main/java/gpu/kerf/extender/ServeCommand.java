package gpu.kerf.extender;

import gpu.kerf.extender.settings.SettingsException;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kerf serve}: answers kube-scheduler for a cluster. */
@Command(
    name = "serve",
    description = "Answers kube-scheduler for a cluster.",
    mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SettingsOptions options = new SettingsOptions();

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Vertx vertx = Vertxes.small();
    try {
      Vertxes.await(options.source(vertx, List.of()).read());
      err.println(
          "kerf serve: the settings make sense, but this build cannot watch a cluster yet.\n"
              + "Try kerf demo, which runs the same service on a simulated fleet.");
    } catch (SettingsException wrong) {
      wrong.problems().forEach(problem -> err.println("kerf: " + problem));
    } finally {
      Vertxes.close(vertx);
    }
    err.flush();
    return 1;
  }
}
