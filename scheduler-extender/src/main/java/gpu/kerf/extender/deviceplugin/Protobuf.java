package gpu.kerf.extender.deviceplugin;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a message of Protocol Buffers, with the types that the kubelet's API for device plugins
 * needs: fields with strings, booleans and other messages.
 */
final class Protobuf {
  private static final int VARINT = 0;
  private static final int LENGTH = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Protobuf text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  Protobuf message(int field, Protobuf value) {
    return bytes(field, value.bytes());
  }

  Protobuf truth(int field, boolean value) {
    if (value) {
      varint(((long) field << 3) | VARINT);
      varint(1);
    }
    return this;
  }

  private Protobuf bytes(int field, byte[] value) {
    varint(((long) field << 3) | LENGTH);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /**
   * How often a field that holds a text or a message stands in a message.
   *
   * @throws IllegalArgumentException if that is no message
   */
  static int count(byte[] message, int field) {
    int count = 0;
    int at = 0;
    while (at < message.length) {
      long[] tag = varint(message, at);
      at = (int) tag[1];
      long[] value = varint(message, at);
      at = (int) value[1];
      int kind = (int) (tag[0] & 7);
      if (kind == LENGTH) {
        count += (tag[0] >>> 3) == field ? 1 : 0;
        if (value[0] < 0 || value[0] > message.length - at) {
          throw new IllegalArgumentException("a field is longer than its message");
        }
        at += (int) value[0];
      } else if (kind != VARINT) {
        throw new IllegalArgumentException("a field is of the kind " + kind);
      }
    }
    return count;
  }

  /** A number, and where what follows it begins. */
  private static long[] varint(byte[] message, int from) {
    long value = 0;
    int at = from;
    for (int shift = 0; shift < 64 && at < message.length; shift += 7) {
      byte next = message[at++];
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return new long[] {value, at};
      }
    }
    throw new IllegalArgumentException("a number has no end");
  }
}
