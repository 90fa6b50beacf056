package gpu.kerf.extender.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A buffer for writing JSON as UTF-8 bytes, reused for every answer. */
final class JsonBuffer {

  private static final int KEPT = 1 << 20;
  private static final String HEX = "0123456789abcdef";

  private byte[] bytes = new byte[1024];
  private int size;

  JsonBuffer clear() {
    size = 0;
    if (bytes.length > KEPT) {
      bytes = new byte[1024];
    }
    return this;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Text of plain ASCII that is JSON already. */
  JsonBuffer raw(String ascii) {
    int length = ascii.length();
    reserve(length);
    for (int i = 0; i < length; i++) {
      bytes[size + i] = (byte) ascii.charAt(i);
    }
    size += length;
    return this;
  }

  JsonBuffer raw(byte[] json) {
    return raw(json, 0, json.length);
  }

  JsonBuffer raw(byte[] json, int from, int length) {
    reserve(length);
    System.arraycopy(json, from, bytes, size, length);
    size += length;
    return this;
  }

  JsonBuffer raw(char ascii) {
    reserve(1);
    bytes[size++] = (byte) ascii;
    return this;
  }

  JsonBuffer number(long value) {
    return raw(Long.toString(value));
  }

  /** A string, with its quotes. */
  JsonBuffer string(String text) {
    return raw(jsonOf(text));
  }

  /** Puts a comma unless it is the first of a list. */
  JsonBuffer comma(boolean first) {
    return first ? this : raw(',');
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }

  /** A text as a JSON string in UTF-8, with its quotes. */
  static byte[] jsonOf(String text) {
    StringBuilder json = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString().getBytes(StandardCharsets.UTF_8);
  }
}
