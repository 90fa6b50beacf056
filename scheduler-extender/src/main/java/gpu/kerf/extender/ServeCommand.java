package gpu.kerf.extender;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kerf serve}: answers kube-scheduler for a cluster. */
@Command(
    name = "serve",
    description = "Answers kube-scheduler for a cluster.",
    mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine()
        .getErr()
        .println(
            "kerf serve: this build cannot watch a cluster yet.\n"
                + "Try kerf demo, which runs the same service on a simulated fleet.");
    return 1;
  }
}
