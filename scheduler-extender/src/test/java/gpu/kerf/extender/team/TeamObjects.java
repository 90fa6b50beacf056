package gpu.kerf.extender.team;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The Teams of a cluster in a test; a younger one was created a minute later. */
final class TeamObjects {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");

  private final Map<String, ObjectNode> teams = new TreeMap<>();
  private final Map<String, Map<String, String>> namespaces = new HashMap<>();
  private AcceptedTeams accepted = AcceptedTeams.NONE;
  private int created;

  /** Creates a Team, or changes its spec. */
  TeamObjects team(String name, String spec) {
    ObjectNode known = teams.get(name);
    ObjectNode team = known == null ? create(name) : known.deepCopy();
    try {
      team.set("spec", YAML.readTree("{" + spec + "}"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ObjectNode metadata = team.withObject("/metadata");
    metadata.put("generation", metadata.path("generation").asInt() + 1);
    teams.put(name, team);
    return this;
  }

  private ObjectNode create(String name) {
    ObjectNode team = YAML.createObjectNode().put("apiVersion", TeamReader.API_VERSION);
    team.put("kind", "Team");
    team.putObject("metadata")
        .put("name", name)
        .put("uid", "uid-" + created)
        .put("creationTimestamp", FIRST.plusSeconds(60L * created++).toString());
    return team;
  }

  TeamObjects delete(String name) {
    teams.remove(name);
    return this;
  }

  TeamObjects namespace(String name, String label, String value) {
    namespaces.put(name, Map.of(label, value));
    return this;
  }

  /** Kerf sees them all as they are now. */
  AcceptedTeams accept() {
    accepted = TeamAcceptor.accept(TeamSource.KERF, readings(), accepted, namespaces);
    return accepted;
  }

  /** Kerf writes into the status what became of them, and starts anew. */
  TeamObjects restart() {
    accepted
        .acceptances()
        .forEach(
            (name, acceptance) ->
                Objects.requireNonNull(teams.get(name), name)
                    .withObject("/status")
                    .putArray("conditions")
                    .addObject()
                    .put("type", "Accepted")
                    .put("status", acceptance.accepted() ? "True" : "False")
                    .put("observedGeneration", acceptance.generation()));
    accepted = AcceptedTeams.NONE;
    return this;
  }

  Collection<TeamReading> readings() {
    return teams.values().stream().map(TeamReading::of).toList();
  }

  /** All manifests as one stream of YAML documents. */
  String manifests() {
    return String.join("\n---\n", teams.values().stream().map(ObjectNode::toString).toList());
  }
}
