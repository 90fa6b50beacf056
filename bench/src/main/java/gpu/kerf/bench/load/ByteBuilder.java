package gpu.kerf.bench.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A byte buffer that is reused, so that building a request allocates nothing. */
final class ByteBuilder {

  private byte[] array = new byte[4096];
  private int length;

  ByteBuilder clear() {
    length = 0;
    return this;
  }

  ByteBuilder add(byte[] more) {
    if (length + more.length > array.length) {
      array = Arrays.copyOf(array, Math.max(length + more.length, array.length * 2));
    }
    System.arraycopy(more, 0, array, length, more.length);
    length += more.length;
    return this;
  }

  byte[] array() {
    return array;
  }

  int length() {
    return length;
  }

  static byte[] of(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
