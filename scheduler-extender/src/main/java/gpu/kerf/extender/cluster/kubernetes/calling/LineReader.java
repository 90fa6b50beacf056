package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Reads lines from a stream of bytes, and returns each line as soon as it is complete. */
final class LineReader {

  /** No object of the API server is nearly as long. */
  private static final int LONGEST = 1 << 26;

  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int end;

  LineReader(InputStream in) {
    this.in = in;
  }

  /** The next line without its end; null after the last one. */
  byte @Nullable [] next() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(1 << 12);
    while (true) {
      for (int i = at; i < end; i++) {
        if (buffer[i] == '\n') {
          line.write(buffer, at, i - at);
          at = i + 1;
          return line.toByteArray();
        }
      }
      line.write(buffer, at, end - at);
      at = 0;
      end = Math.max(0, in.read(buffer));
      if (end == 0) {
        return null; // a line without an end was cut off
      }
      if (line.size() > LONGEST) {
        throw new IOException("a watch event is longer than " + LONGEST + " bytes");
      }
    }
  }
}
