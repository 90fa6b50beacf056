package gpu.kerf.extender;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Calls of the command line in one test, and all that they wrote. */
public final class KerfCalls {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Calls {@code kerf} with these words; the exit code. */
  public int call(String... words) {
    return Kerf.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }

  public String out() {
    return out.toString();
  }

  public String err() {
    return err.toString();
  }
}
