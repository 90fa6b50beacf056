package gpu.kerf.extender.demo;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The terminal. {@code stty} tells its size, because Java does not know it. */
final class Terminal {
  private static final long EVERY_NANOS = 1_000_000_000;
  private static final Pattern SIZE = Pattern.compile("(\\d{1,4}) (\\d{1,4})\\s*");

  /** Lines and columns. */
  record Size(int lines, int columns) {
    static final Size USUAL = new Size(24, 80);
  }

  private final LongSupplier nanos;
  private Size size = Size.USUAL;
  private long asked;
  private boolean known;

  Terminal(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** How large it is now, or was a second ago; 24 by 80 where it is unknown. */
  Size size() {
    long now = nanos.getAsLong();
    if (!known || now - asked > EVERY_NANOS) {
      known = true;
      asked = now;
      size = ask();
    }
    return size;
  }

  private static Size ask() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      byte[] told = stty.getInputStream().readAllBytes();
      return read(new String(told, StandardCharsets.UTF_8));
    } catch (IOException none) {
      return Size.USUAL;
    }
  }

  static Size read(String told) {
    Matcher size = SIZE.matcher(told);
    if (!size.matches()) {
      return Size.USUAL;
    }
    int lines = Integer.parseInt(size.group(1));
    int columns = Integer.parseInt(size.group(2));
    return lines < 1 || columns < 2 ? Size.USUAL : new Size(lines, columns);
  }
}
