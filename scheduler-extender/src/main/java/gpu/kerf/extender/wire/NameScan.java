package gpu.kerf.extender.wire;

import java.nio.charset.StandardCharsets;

/**
 * Reads the names of nodes at the end of a request straight from its bytes, eight at a time.
 *
 * <p>They are nearly all of a request, and kube-scheduler sends them last and plain: no escapes, no
 * letters beyond ASCII. Every other form is left to the parser, which also reports errors.
 */
final class NameScan {

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long BACKSLASHES = ONES * '\\';
  private static final long BLANKS = ONES * ' ';

  private final NodeNames names;
  private final byte[] body;
  private int at;
  private long hash;

  NameScan(NodeNames names, byte[] body, long from) {
    this.names = names;
    this.body = body;
    this.at = (int) Math.max(0, Math.min(from, body.length));
  }

  /** What takes the names. */
  interface Sink {
    void known(int index);

    void unknown(String name);
  }

  /**
   * Hands on all names of the array that begins here; false, at any time, if it does not end the
   * body or not all of it is plain.
   */
  boolean read(Sink sink) {
    if (!take('[')) {
      return false;
    }
    if (!take(']')) {
      do {
        if (!take('"') || !readName(sink)) {
          return false;
        }
      } while (take(','));
      if (!take(']')) {
        return false;
      }
    }
    return take('}') && isEnd();
  }

  private boolean readName(Sink sink) {
    int first = at - 1;
    if (!skipName()) {
      return false;
    }
    int index = names.find(body, first, at, hash);
    if (index >= 0) {
      sink.known(index);
    } else {
      sink.unknown(new String(body, first + 1, at - first - 2, StandardCharsets.US_ASCII));
    }
    return true;
  }

  /** Takes a character, and blanks before it. */
  private boolean take(char expected) {
    while (at < body.length && isBlank(body[at])) {
      at++;
    }
    boolean there = at < body.length && body[at] == expected;
    at += there ? 1 : 0;
    return there;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  private boolean isEnd() {
    take(' ');
    return at == body.length;
  }

  /** Goes behind the closing quote and keeps the hash of the name; false if it is not plain. */
  private boolean skipName() {
    hash = 0;
    while (at < body.length) {
      long word = NodeNames.word(body, at);
      long quote = zeros(word ^ QUOTES);
      long before = (quote & -quote) - 1;
      if ((odd(word) & before) != 0) {
        return false;
      }
      if (quote != 0) {
        int length = Long.numberOfTrailingZeros(quote) >> 3;
        if (length > 0) {
          hash = NodeNames.hashed(hash, word & (-1L >>> (Long.SIZE - length * Byte.SIZE)));
        }
        at += length + 1;
        return at <= body.length;
      }
      hash = NodeNames.hashed(hash, word);
      at += Long.BYTES;
    }
    return false;
  }

  /** The high bit of every byte that is zero, up to the lowest such one. */
  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGHS;
  }

  /** The high bit of bytes that a plain name has not: up to the lowest such one. */
  private static long odd(long word) {
    long control = (word - BLANKS) & ~word & HIGHS;
    return control | (word & HIGHS) | zeros(word ^ BACKSLASHES);
  }
}
