package gpu.kerf.bench;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Kerf;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

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
    assertThat(err.toString()).contains("relpay");
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
