package gpu.kerf.bench.simulate;

import java.util.EnumSet;

/** A simulation that is called from another class loader. */
public final class SimulationMain {
  private SimulationMain() {}

  /** What went wrong; empty if nothing did. */
  public static String problem(String seed, String events, String faults, String parts) {
    SimulateCommand.silence();
    EnumSet<Fault> chosen = EnumSet.noneOf(Fault.class);
    for (Fault each : Fault.values()) {
      if (faults.equals("all") || java.util.List.of(faults.split(",")).contains(each.word())) {
        chosen.add(each);
      }
    }
    Scenario scenario =
        new Scenario(
            Long.parseLong(seed),
            Long.parseLong(events),
            chosen,
            2,
            0,
            0,
            parts.contains("teams"),
            parts.contains("dra"));
    return Simulation.run(scenario).problem();
  }
}
