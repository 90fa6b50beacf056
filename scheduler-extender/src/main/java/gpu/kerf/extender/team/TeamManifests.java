package gpu.kerf.extender.team;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import gpu.kerf.extender.team.InputProblems.Problem;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamProblem;
import gpu.kerf.model.team.TeamRules;
import gpu.kerf.model.team.TeamTree;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The Teams of some files, YAML or JSON, and what is wrong with them alone and together. */
public final class TeamManifests {
  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory()).enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private final InputProblems problems = new InputProblems();
  private final List<Entry> entries = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  private record Entry(String file, TeamSpec manifest) {}

  /** Reads the Teams of one more file. */
  public void read(String file, String text) throws IOException {
    try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
      while (documents.hasNextValue()) {
        add(file, documents.nextValue());
      }
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not YAML: " + e.getOriginalMessage(), e);
    }
  }

  private void add(String file, @Nullable JsonNode object) {
    if (object == null || object.isNull()) {
      return;
    }
    String kind = object.path("kind").asText();
    if (kind.equals("List") || kind.equals("TeamList")) {
      object.path("items").forEach(item -> add(file, item));
    } else if (!kind.equals("Team")) {
      skipped.add(kind + "/" + object.path("metadata").path("name").asText("?") + " of " + file);
    } else {
      TeamSpec team = new TeamReader(problems, file, object).read(object);
      if (team != null) {
        entries.add(new Entry(file, team));
      }
    }
  }

  /** Checks what no Team can break alone; at a moment with the windows that are open then. */
  public void checkTogether(@Nullable Instant moment) {
    List<Team> teams = new ArrayList<>();
    Map<String, String> fileOf = new HashMap<>();
    for (Entry entry : entries) {
      TeamSpec manifest = entry.manifest();
      teams.add(moment == null ? manifest.team() : manifest.at(moment));
      fileOf.put(manifest.team().name(), entry.file());
    }
    List<TeamProblem> wrong = TeamRules.structure(teams);
    if (wrong.isEmpty()) {
      wrong = TeamRules.promises(TeamTree.of(teams));
    }
    wrong.forEach(problem -> problems.add(fileOf.getOrDefault(problem.team(), "?"), problem));
    checkNamespaces();
  }

  private void checkNamespaces() {
    Set<String> parents = new HashSet<>();
    Map<String, String> owners = new HashMap<>();
    entries.forEach(entry -> parents.add(String.valueOf(entry.manifest().team().parent())));
    for (Entry entry : entries) {
      String name = entry.manifest().name();
      String field = "Team " + name + ": spec.namespaces";
      if (!entry.manifest().namespaces().isEmpty() && parents.contains(name)) {
        problems.add(
            new Problem(
                entry.file(),
                field,
                "",
                "is set, but the team has children.",
                "Give the namespaces to a team without children."));
      }
      for (String namespace : entry.manifest().namespaces().names()) {
        String owner = owners.putIfAbsent(namespace, name);
        if (owner != null && !owner.equals(name)) {
          problems.add(
              new Problem(
                  entry.file(),
                  field + ".names",
                  namespace,
                  "is a namespace of team " + owner + " too.",
                  "Leave it out at one of them."));
        }
      }
    }
  }

  public List<TeamSpec> teams() {
    return entries.stream().map(Entry::manifest).toList();
  }

  public List<Problem> problems() {
    return problems.found();
  }

  /** Objects that are no Teams. */
  public List<String> skipped() {
    return skipped;
  }
}
