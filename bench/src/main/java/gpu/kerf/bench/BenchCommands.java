package gpu.kerf.bench;

import gpu.kerf.bench.load.LoadCommand;
import gpu.kerf.bench.simulate.SimulateCommand;
import gpu.kerf.extender.command.CommandProvider;
import java.util.List;

/** Adds the benchmark, replay, load and simulation commands to {@code kerf}. */
public final class BenchCommands implements CommandProvider {

  @Override
  public List<Object> commands() {
    return List.of(
        new ReplayCommand(), new LoadCommand(), new BenchCommand(), new SimulateCommand());
  }
}
