package gpu.kerf.extender.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf teams}: names the commands about teams. */
@Command(
    name = "teams",
    description = "Divides GPUs among teams as the service does, and checks their manifests.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {TeamsDivideCommand.class, TeamsCheckCommand.class},
    mixinStandardHelpOptions = true)
public final class TeamsCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "No command of teams given.");
  }
}
