package gpu.kerf.extender.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that a request names: those of the fleet by their indexes, in order, and the names of
 * others. Each stands there once.
 *
 * <p>If a request contains whole node objects, their JSON is kept, because the answer repeats it.
 */
public final class NodeList {

  private int[] indexes;
  private int size;
  private final List<String> unknown = new ArrayList<>(0);
  private @Nullable NodeObjects objects;

  NodeList(int expected) {
    indexes = new int[expected];
  }

  /** A list of some names, as a request would give it. */
  public static NodeList of(NodeNames names, List<String> listed) {
    NodeList list = new NodeList(listed.size());
    for (String name : listed.stream().distinct().toList()) {
      int index = names.find(name);
      if (index < 0) {
        list.unknown.add(name);
      } else {
        list.add(index);
      }
    }
    return list;
  }

  void add(int index) {
    if (size == indexes.length) {
      indexes = Arrays.copyOf(indexes, Math.max(16, size * 2));
    }
    indexes[size++] = index;
  }

  void addUnknown(String name) {
    unknown.add(name);
  }

  void keep(NodeObjects given) {
    objects = given;
  }

  /** How many nodes of the fleet are named. */
  public int size() {
    return size;
  }

  /** The fleet's index of the node at a place of the list. */
  public int index(int place) {
    return indexes[place];
  }

  /** Names that no node of the fleet has. */
  public List<String> unknown() {
    return unknown;
  }

  /** How many nodes are named in all. */
  public int total() {
    return size + unknown.size();
  }

  @Nullable NodeObjects objects() {
    return objects;
  }
}
