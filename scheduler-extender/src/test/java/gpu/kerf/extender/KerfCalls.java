package gpu.kerf.extender;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Calls of the command line in one test, and all that they wrote. */
final class KerfCalls {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Calls {@code kerf} with these words; the exit code. */
  int call(String... words) {
    return Kerf.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }
}
