package gpu.kerf.bench;

import gpu.kerf.bench.load.LoadCommand;
import gpu.kerf.bench.simulate.SimulateCommand;
import gpu.kerf.extender.command.CommandProvider;
import java.util.List;

/** The commands that measure. */
public final class BenchCommands implements CommandProvider {

  @Override
  public List<Object> commands() {
    return List.of(
        new ReplayCommand(), new LoadCommand(), new BenchCommand(), new SimulateCommand());
  }
}
