package gpu.kerf.model.fleet;

import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The known nodes. Each has an index that it keeps until it is removed.
 *
 * <p>Indexes are handed out in order of arrival and reused, so they have no meaning. Where two
 * nodes are equally good, the one whose name comes first wins; {@link #rank} answers that without
 * comparing names.
 */
public final class Fleet {

  private final GpuModels models = new GpuModels();
  private final Map<String, Integer> indexes = new HashMap<>();
  private @Nullable NodeState[] nodes = new NodeState[16];
  private int[] ranks = new int[0];
  private int used;

  /** Adds a node, or replaces what is known of it; nothing is held on the state that comes back. */
  public NodeState put(NodeSpec spec) {
    Integer known = indexes.get(spec.name());
    int index = known != null ? known : freeIndex();
    NodeState state = new NodeState(spec, models);
    nodes[index] = state;
    if (known == null) {
      indexes.put(spec.name(), index);
      ranks = new int[0];
    }
    return state;
  }

  /** Forgets a node. */
  public void remove(String name) {
    Integer index = indexes.remove(name);
    if (index != null) {
      nodes[index] = null;
      ranks = new int[0];
    }
  }

  private int freeIndex() {
    if (indexes.size() < used) {
      for (int i = 0; i < used; i++) {
        if (nodes[i] == null) {
          return i;
        }
      }
    }
    if (used == nodes.length) {
      nodes = Arrays.copyOf(nodes, used * 2);
    }
    return used++;
  }

  /** The index of a node, or -1 if no node has this name. */
  public int indexOf(String name) {
    return indexes.getOrDefault(name, -1);
  }

  /** One more than the highest index in use. */
  public int limit() {
    return used;
  }

  /** The number of nodes. */
  public int size() {
    return indexes.size();
  }

  /** The node at an index, or null if none is there. */
  public @Nullable NodeState at(int index) {
    return nodes[index];
  }

  public @Nullable NodeState node(String name) {
    int index = indexOf(name);
    return index < 0 ? null : nodes[index];
  }

  /** The place of a node among all nodes in order of their names. */
  public int rank(int index) {
    if (ranks.length < used) {
      ranks = ranked();
    }
    return ranks[index];
  }

  private int[] ranked() {
    String[] names = indexes.keySet().toArray(String[]::new);
    Arrays.sort(names);
    int[] result = new int[used];
    for (int place = 0; place < names.length; place++) {
      result[indexOf(names[place])] = place;
    }
    return result;
  }

  public GpuModels models() {
    return models;
  }
}
