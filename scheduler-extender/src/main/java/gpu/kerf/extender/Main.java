package gpu.kerf.extender;

import java.util.List;

/** Puts the service together; everything gets what it needs by constructor, here. */
public final class Main {

  private Main() {}

  /** The commands that the service adds to {@code kerf}, in the order of its help. */
  public static List<Object> commands() {
    return List.of(
        new DemoCommand(),
        new ServeCommand(),
        new SchedulerConfigCommand(),
        new CheckConfigCommand(),
        new ExplainCommand());
  }
}
