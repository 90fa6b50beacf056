package gpu.kerf.extender.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names of the fleet's nodes: from bytes of a request to the node's index in the fleet and from
 * there to the name's JSON, without a string in between.
 *
 * <p>A table with open addressing, never more than half full. A node that is gone leaves its place
 * marked, and the table is laid out anew when names and marks fill half of it.
 */
public final class NodeNames {

  private static final int EMPTY = -1;
  private static final int GONE = -2;
  private static final long MIX = 0x9E3779B97F4A7C15L;
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private int[] places = filled(64);
  private int occupied;
  private int size;
  private @Nullable String[] names = new String[16];
  private byte[][] json = new byte[16][];

  /** Makes a name known for a node's index, which no other name has. */
  public void put(String name, int index) {
    if (find(name) == index) {
      return;
    }
    remove(name);
    if (index >= names.length) {
      names = Arrays.copyOf(names, Math.max(index + 1, names.length * 2));
      json = Arrays.copyOf(json, names.length);
    }
    names[index] = name;
    json[index] = JsonBuffer.jsonOf(name);
    size++;
    if ((occupied + 1) * 2 > places.length) {
      layOut();
    } else {
      insert(name, index);
    }
  }

  public void remove(String name) {
    int place = placeOf(name);
    if (place >= 0) {
      names[places[place]] = null;
      json[places[place]] = new byte[0];
      places[place] = GONE;
      size--;
    }
  }

  private void layOut() {
    places = filled(Math.max(64, Integer.highestOneBit(Math.max(1, size)) * 8));
    occupied = 0;
    for (int index = 0; index < names.length; index++) {
      String name = names[index];
      if (name != null) {
        insert(name, index);
      }
    }
  }

  private void insert(String name, int index) {
    int place = start(hash(name));
    while (places[place] != EMPTY) {
      place = next(place);
    }
    places[place] = index;
    occupied++;
  }

  private int placeOf(String name) {
    int place = start(hash(name));
    while (places[place] != EMPTY) {
      if (places[place] != GONE && name.equals(names[places[place]])) {
        return place;
      }
      place = next(place);
    }
    return -1;
  }

  private int start(long hash) {
    return (int) (hash >>> 32) & (places.length - 1);
  }

  private int next(int place) {
    return (place + 1) & (places.length - 1);
  }

  private static long hash(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    long hash = 0;
    int from = 0;
    for (; bytes.length - from >= Long.BYTES; from += Long.BYTES) {
      hash = hashed(hash, word(bytes, from));
    }
    return from == bytes.length ? hash : hashed(hash, word(bytes, from));
  }

  /** The hash of a name is made of its bytes, eight at a time, the last ones filled with zeros. */
  static long hashed(long hash, long word) {
    long mixed = (hash ^ word) * MIX;
    return mixed ^ (mixed >>> 29);
  }

  /** Eight bytes of an array, with zeros for those behind its end. */
  static long word(byte[] bytes, int from) {
    if (bytes.length - from >= Long.BYTES) {
      return (long) WORD.get(bytes, from);
    }
    long word = 0;
    for (int i = bytes.length - 1; i >= from; i--) {
      word = (word << Byte.SIZE) | (bytes[i] & 0xff);
    }
    return word;
  }

  /** The index of a node, or -1 if none has this name. */
  public int find(String name) {
    int place = placeOf(name);
    return place < 0 ? -1 : places[place];
  }

  /**
   * The same for a name that stands in a body as JSON, its quotes at {@code from} and before {@code
   * to}, and whose hash is known.
   */
  int find(byte[] body, int from, int to, long hash) {
    int place = start(hash);
    while (places[place] != EMPTY) {
      int index = places[place];
      if (index != GONE && isAt(index, body, from, to)) {
        return index;
      }
      place = next(place);
    }
    return -1;
  }

  /** Whether the name of a node stands in a body as JSON. */
  private boolean isAt(int index, byte[] body, int from, int to) {
    byte[] name = json[index];
    return Arrays.equals(body, from, to, name, 0, name.length);
  }

  /** The name of a node that is known. */
  public String name(int index) {
    String name = names[index];
    if (name == null) {
      throw new IllegalArgumentException("No node has the index " + index + ".");
    }
    return name;
  }

  /** The name as a JSON string, quotes included. */
  byte[] json(int index) {
    return json[index];
  }

  /** One more than the highest index that any name had. */
  int limit() {
    return names.length;
  }

  public int size() {
    return size;
  }

  private static int[] filled(int length) {
    int[] places = new int[length];
    Arrays.fill(places, EMPTY);
    return places;
  }
}
