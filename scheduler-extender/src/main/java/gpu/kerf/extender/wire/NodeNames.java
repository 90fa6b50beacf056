package gpu.kerf.extender.wire;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names of the fleet's nodes: from characters to the node's index in the fleet and from there
 * to the name's JSON, without a string in between.
 *
 * <p>A table with open addressing, never more than half full. A node that is gone leaves its place
 * marked, and the table is laid out anew when names and marks fill half of it.
 */
public final class NodeNames {

  private static final int EMPTY = -1;
  private static final int GONE = -2;

  private int[] places = filled(64);
  private int occupied;
  private int size;
  private @Nullable String[] names = new String[16];
  private byte[][] json = new byte[16][];

  /** Makes a name known for a node's index, which nobody else has. */
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
    int place = name.hashCode() & (places.length - 1);
    while (places[place] != EMPTY) {
      place = (place + 1) & (places.length - 1);
    }
    places[place] = index;
    occupied++;
  }

  private int placeOf(String name) {
    int place = name.hashCode() & (places.length - 1);
    while (places[place] != EMPTY) {
      if (places[place] != GONE && name.equals(names[places[place]])) {
        return place;
      }
      place = (place + 1) & (places.length - 1);
    }
    return -1;
  }

  /** The index of a node, or -1 if none has this name. */
  public int find(String name) {
    int place = placeOf(name);
    return place < 0 ? -1 : places[place];
  }

  /** The same for a name that stands in a part of an array. */
  public int find(char[] text, int from, int length) {
    int hash = 0;
    for (int i = from; i < from + length; i++) {
      hash = 31 * hash + text[i];
    }
    int place = hash & (places.length - 1);
    while (places[place] != EMPTY) {
      int index = places[place];
      if (index != GONE && isAt(index, text, from, length)) {
        return index;
      }
      place = (place + 1) & (places.length - 1);
    }
    return -1;
  }

  private boolean isAt(int index, char[] text, int from, int length) {
    String name = names[index];
    if (name == null || name.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (name.charAt(i) != text[from + i]) {
        return false;
      }
    }
    return true;
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
