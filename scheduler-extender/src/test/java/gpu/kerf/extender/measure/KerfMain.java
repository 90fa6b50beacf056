package gpu.kerf.extender.measure;

import gpu.kerf.extender.Main;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The launcher's program, with the service's commands alone. */
@Command(name = "kerf")
final class KerfMain {
  private KerfMain() {}

  public static void main(String[] arguments) {
    CommandLine kerf = new CommandLine(new KerfMain());
    Main.commands().forEach(kerf::addSubcommand);
    System.exit(kerf.execute(arguments));
  }
}
