package gpu.kerf.bench;

import gpu.kerf.bench.replay.mig.ChurnCommand;
import gpu.kerf.bench.replay.mig.JobsCommand;
import gpu.kerf.bench.replay.mig.MakeJobsCommand;
import gpu.kerf.bench.replay.openb.MakeOpenbCommand;
import gpu.kerf.bench.replay.openb.OpenbCommand;
import gpu.kerf.bench.replay.teams.MakeTeamsCommand;
import gpu.kerf.bench.replay.teams.ReplayTeamsCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Names the replays and the generators of their traces. */
@Command(
    name = "replay",
    description = "Replays a trace on a simulated fleet, with Kerf's policy and others.",
    synopsisSubcommandLabel = "REPLAY",
    subcommands = {
      OpenbCommand.class,
      ChurnCommand.class,
      JobsCommand.class,
      ReplayTeamsCommand.class,
      MakeOpenbCommand.class,
      MakeJobsCommand.class,
      MakeTeamsCommand.class
    })
public final class ReplayCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "No replay given.");
  }
}
