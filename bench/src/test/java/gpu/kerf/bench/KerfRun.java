package gpu.kerf.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Kerf;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** One call of the command line, and what it answered. */
public record KerfRun(int code, String out, String err) {

  public static KerfRun of(Object... args) {
    return of(Kerf.commandLine(), args);
  }

  static KerfRun of(CommandLine kerf, Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    kerf.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    int code = kerf.execute(words);
    return new KerfRun(code, out.toString(), err.toString());
  }

  /** The one JSON object that stdout must be. */
  public JsonNode json() {
    if (code != 0) {
      throw new AssertionError("kerf exited " + code + " and said: " + err);
    }
    try {
      return new ObjectMapper().readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError("Not JSON: " + out, e);
    }
  }
}
