package gpu.kerf.bench.replay.input;

import java.io.IOException;
import java.nio.file.Path;

/** Says that an input file is invalid: the place, the text there, and what to do. */
public final class InputException extends IOException {

  private static final long serialVersionUID = 1L;
  private static final int LONGEST_SHOWN = 60;

  public InputException(String where, String problem, String hint) {
    super(where + ": " + problem + "\n" + hint);
  }

  public static InputException inFile(Path file, String problem, String hint) {
    return new InputException(file.toString(), problem, hint);
  }

  public static InputException atLine(Path file, int line, String problem, String hint) {
    return new InputException(file + ", line " + line, problem, hint);
  }

  /** A value as an error message shows it: never more than a line's worth. */
  public static String shown(String value) {
    return value.length() > LONGEST_SHOWN ? value.substring(0, LONGEST_SHOWN) + "…" : value;
  }
}
