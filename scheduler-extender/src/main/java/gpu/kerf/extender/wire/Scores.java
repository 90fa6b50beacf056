package gpu.kerf.extender.wire;

import java.util.LinkedHashMap;
import java.util.Map;

/** The answer of prioritize: a score for every node of the request, 10 for the cheapest. */
public final class Scores {

  /** The highest score; kube-scheduler multiplies it by the extender's weight. */
  public static final int HIGHEST = 10;

  private final NodeList nodes;
  private final byte[] scores;
  private final int unknown;

  /**
   * @param scores by place in the list
   * @param unknown the score of nodes that the fleet does not know
   */
  public Scores(NodeList nodes, byte[] scores, int unknown) {
    this.nodes = nodes;
    this.scores = scores;
    this.unknown = unknown;
  }

  NodeList nodes() {
    return nodes;
  }

  int score(int place) {
    return scores[place];
  }

  int unknown() {
    return unknown;
  }

  /** The scores by name, in order. */
  public Map<String, Integer> byName(NodeNames names) {
    Map<String, Integer> result = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      result.put(names.name(nodes.index(i)), score(i));
    }
    nodes.unknown().forEach(name -> result.put(name, unknown));
    return result;
  }
}
