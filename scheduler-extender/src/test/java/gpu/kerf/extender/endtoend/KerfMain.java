package gpu.kerf.extender.endtoend;

import gpu.kerf.extender.Main;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The launcher's program, with the service's commands alone. */
@Command(name = "kerf")
public final class KerfMain {
  private KerfMain() {}

  public static void main(String[] arguments) {
    CommandLine kerf = new CommandLine(new KerfMain());
    Main.commands().forEach(kerf::addSubcommand);
    System.exit(kerf.execute(arguments));
  }
}
