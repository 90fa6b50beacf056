package gpu.kerf.extender;

import gpu.kerf.extender.command.AuditCommand;
import gpu.kerf.extender.command.CheckConfigCommand;
import gpu.kerf.extender.command.CommandProvider;
import gpu.kerf.extender.command.DemoCommand;
import gpu.kerf.extender.command.ExplainCommand;
import gpu.kerf.extender.command.MpsPluginCommand;
import gpu.kerf.extender.command.ReportCommand;
import gpu.kerf.extender.command.SchedulerConfigCommand;
import gpu.kerf.extender.command.ServeCommand;
import gpu.kerf.extender.command.TeamsCommand;
import gpu.kerf.extender.command.WriteInventoryCommand;
import gpu.kerf.extender.service.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code kerf} command: those of the service, and those of every {@link CommandProvider} on the
 * class path.
 *
 * <p>Every subcommand keeps one contract: results go to stdout and all else to stderr; {@code
 * --json} makes the results one JSON object; the exit code is 0 on success, 1 when the work failed
 * and 2 on wrong usage.
 */
@Command(
    name = "kerf",
    description = "Shares the GPUs of a Kubernetes cluster between pods.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Kerf.VersionText.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:success", "1:the work failed", "2:wrong usage"})
public final class Kerf implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The whole command line, in the order of its help. */
  public static CommandLine commandLine() {
    CommandLine kerf = new CommandLine(new Kerf());
    commands().forEach(kerf::addSubcommand);
    for (CommandProvider provider : ServiceLoader.load(CommandProvider.class)) {
      provider.commands().forEach(kerf::addSubcommand);
    }
    return kerf.setExecutionExceptionHandler(Kerf::workFailed);
  }

  private static List<Object> commands() {
    return List.of(
        new DemoCommand(),
        new ServeCommand(),
        new SchedulerConfigCommand(),
        new CheckConfigCommand(),
        new ExplainCommand(),
        new AuditCommand(),
        new TeamsCommand(),
        new ReportCommand(),
        new MpsPluginCommand(),
        new WriteInventoryCommand());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "No command given.");
  }

  /** A file that cannot be read is the user's to fix, and needs no stack trace. */
  private static int workFailed(Exception failure, CommandLine command, ParseResult parsed) {
    if (failure instanceof IOException || failure instanceof UncheckedIOException) {
      command.getErr().println("kerf: " + failure.getMessage());
    } else {
      failure.printStackTrace(command.getErr());
    }
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"kerf " + Version.text()};
    }
  }
}
