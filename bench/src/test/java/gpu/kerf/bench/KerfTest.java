package gpu.kerf.bench;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Kerf;
import java.io.IOException;
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
  private final CommandLine kerf = Kerf.commandLine();

  @Test
  void helpIsAResultAndGoesToStdout() {
    KerfRun run = KerfRun.of("--help");
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Usage: kerf");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void versionIsAResultAndGoesToStdout() {
    KerfRun run = KerfRun.of("--version");
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("kerf ");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void noCommandIsWrongUsage() {
    KerfRun run = KerfRun.of();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("No command given.").contains("Usage: kerf");
  }

  @Test
  void anUnknownCommandIsWrongUsageThatIsNamed() {
    KerfRun run = KerfRun.of("relpay");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("relpay").contains("Did you mean: kerf replay");
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
    kerf.addSubcommand("fail", new Fail(new IOException("nodes.csv: no such file")));

    KerfRun run = KerfRun.of(kerf, "fail");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().strip()).isEqualTo("kerf: nodes.csv: no such file");
  }

  @Test
  void aDefectShowsWhereItHappenedAndExitsOne() {
    kerf.addSubcommand("fail", new Fail(new IllegalStateException("the ledger is wrong")));

    KerfRun run = KerfRun.of(kerf, "fail");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("the ledger is wrong").contains("at gpu.kerf.bench");
  }

  @Command
  private record Fail(Exception failure) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      throw failure;
    }
  }
}
