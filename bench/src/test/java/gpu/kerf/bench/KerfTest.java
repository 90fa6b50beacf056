package gpu.kerf.bench;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Kerf;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

final class KerfTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine kerf = caught(Kerf.commandLine());

  @Test
  void helpIsAResultAndGoesToStdout() {
    assertThat(kerf.execute("--help")).isZero();
    assertThat(out.toString()).startsWith("Usage: kerf");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void versionIsAResultAndGoesToStdout() {
    assertThat(kerf.execute("--version")).isZero();
    assertThat(out.toString()).startsWith("kerf ");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void noCommandIsWrongUsage() {
    assertThat(kerf.execute()).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("No command given.").contains("Usage: kerf");
  }

  @Test
  void anUnknownCommandIsWrongUsageThatIsNamed() {
    assertThat(kerf.execute("relpay")).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("relpay").contains("Did you mean: kerf replay?");
  }

  @Test
  void theListOfCommandsHasOneWholeSentenceForEach() {
    each(
        kerf.getCommandSpec(),
        command ->
            assertThat(command.usageMessage().description()[0])
                .as("first line of the description of %s", command.qualifiedName())
                .matches("[A-Z].*\\."));
  }

  @Test
  void everyValueOfAnOptionHasALabelInCapitals() {
    each(
        kerf.getCommandSpec(),
        command -> {
          for (OptionSpec option : command.options()) {
            if (option.arity().max() > 0) {
              assertThat(option.paramLabel())
                  .as("%s %s", command.qualifiedName(), option.longestName())
                  .matches("[A-Z]+([:=][A-Z]+)?");
            }
          }
        });
  }

  @Test
  void theReadmeNamesEveryCommand() throws IOException {
    String readme = Files.readString(Path.of("").toAbsolutePath().resolveSibling("README.md"));
    for (String command : kerf.getSubcommands().keySet()) {
      assertThat(readme).contains("| `kerf " + command);
    }
  }

  private static void each(CommandSpec command, Consumer<CommandSpec> check) {
    check.accept(command);
    command.subcommands().values().forEach(sub -> each(sub.getCommandSpec(), check));
  }

  @Test
  void workThatFailsOnAFileIsOneLineAndExitOne() {
    Fail fail = new Fail(new IOException("nodes.csv: no such file"));

    assertThat(caught(kerf.addSubcommand("fail", fail)).execute("fail")).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().strip()).isEqualTo("kerf: nodes.csv: no such file");
  }

  @Test
  void aDefectShowsWhereItHappenedAndExitsOne() {
    Fail fail = new Fail(new IllegalStateException("the ledger is wrong"));

    assertThat(caught(kerf.addSubcommand("fail", fail)).execute("fail")).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("the ledger is wrong").contains("at gpu.kerf.bench");
  }

  /** Subcommands have streams of their own: those that are there now are caught too. */
  private CommandLine caught(CommandLine commands) {
    return commands.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
  }

  @Command
  private record Fail(Exception failure) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      throw failure;
    }
  }
}
