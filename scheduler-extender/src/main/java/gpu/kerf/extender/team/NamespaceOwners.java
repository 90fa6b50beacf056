package gpu.kerf.extender.team;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which team has which namespace. A namespace belongs to the first team that takes it. */
final class NamespaceOwners {
  private final Map<Map.Entry<String, String>, Set<String>> byLabel = new HashMap<>();
  private final Map<String, Map<String, String>> namespaces;
  private final Map<String, String> owners = new HashMap<>();
  private final Map<String, Collection<String>> taken = new HashMap<>();

  /** A namespace that a team names or selects, and another team has. */
  record Taken(String namespace, String owner) {}

  /**
   * @param namespaces the labels of each namespace
   */
  NamespaceOwners(Map<String, Map<String, String>> namespaces) {
    this.namespaces = namespaces;
    namespaces.forEach(
        (name, labels) ->
            labels
                .entrySet()
                .forEach(
                    label -> byLabel.computeIfAbsent(label, any -> new HashSet<>()).add(name)));
  }

  /** Which of its namespaces a team cannot have; null if it can have all. */
  @Nullable Taken conflict(TeamSpec team) {
    for (String namespace : claims(team)) {
      String owner = owners.get(namespace);
      if (owner != null && !owner.equals(team.name())) {
        return new Taken(namespace, owner);
      }
    }
    return null;
  }

  /** Gives a team the namespaces that it names or selects and no other team has. */
  void take(TeamSpec team) {
    Collection<String> claims = claims(team);
    claims.forEach(namespace -> owners.putIfAbsent(namespace, team.name()));
    taken.put(team.name(), claims);
  }

  void release(String team) {
    Collection<String> claims = taken.remove(team);
    if (claims != null) {
      claims.forEach(namespace -> owners.remove(namespace, team));
    }
  }

  /** The team of each namespace. */
  Map<String, String> owners() {
    return owners;
  }

  /** A namespace that is named need not exist yet. */
  private Collection<String> claims(TeamSpec team) {
    Map<String, String> labels = team.namespaces().labels();
    if (labels.isEmpty()) {
      return team.namespaces().names();
    }
    Set<String> fewest = null;
    for (Map.Entry<String, String> label : labels.entrySet()) {
      Set<String> having = byLabel.getOrDefault(label, Set.of());
      fewest = fewest == null || having.size() < fewest.size() ? having : fewest;
    }
    return fewest == null ? List.of() : fewest.stream().filter(name -> has(name, labels)).toList();
  }

  private boolean has(String namespace, Map<String, String> labels) {
    return namespaces.getOrDefault(namespace, Map.of()).entrySet().containsAll(labels.entrySet());
  }
}
