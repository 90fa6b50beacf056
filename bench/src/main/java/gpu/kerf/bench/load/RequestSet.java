package gpu.kerf.bench.load;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The load to send to an extender.
 *
 * @param names of the nodes, in the order in which they are sent
 */
record RequestSet(
    long seed, int pods, Set<Caller.Verb> verbs, List<String> names, NodeSet nodes, PodBody body) {

  String path(Caller.Verb verb) {
    return "/" + verb.name().toLowerCase(Locale.ROOT);
  }
}
