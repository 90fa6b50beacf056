package gpu.kerf.extender.command;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.team.FieldReader;
import gpu.kerf.extender.team.InputProblems;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamProblem;
import gpu.kerf.model.team.TeamRules;
import gpu.kerf.model.team.TeamTree;
import gpu.kerf.model.team.Weight;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code kerf teams divide} reads.
 *
 * @param asks of each team that says what it asks for
 */
record DivisionInput(GpuAmount total, TeamTree tree, Map<String, GpuAmount> asks) {

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  /** Reads a file, or says everything that is wrong with it. */
  static DivisionInput parse(String file, String text) throws IOException {
    InputProblems problems = new InputProblems();
    FieldReader root = new FieldReader(problems, file, "", tree(file, text));
    GpuAmount total = root.parsed("total", GpuAmount::parse);
    root.require("total", "Write how many GPUs the teams divide, such as \"24\".");
    root.require("teams", "Write a list of teams.");
    List<Team> teams = new ArrayList<>();
    Map<String, GpuAmount> asks = new LinkedHashMap<>();
    List<FieldReader> fields = root.objects("teams");
    Set<String> parents = new HashSet<>();
    fields.forEach(team -> parents.add(team.node("parent").asText()));
    fields.forEach(team -> read(team, parents, teams, asks));
    root.refuseUnknown();
    problems.throwIfAny();
    for (TeamProblem problem : TeamRules.structure(teams)) {
      problems.add(file, problem);
    }
    problems.throwIfAny();
    return new DivisionInput(Objects.requireNonNull(total), TeamTree.of(teams), asks);
  }

  private static JsonNode tree(String file, String text) throws IOException {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is not JSON: line %d, column %d: %s"
              .formatted(
                  file,
                  e.getLocation().getLineNr(),
                  e.getLocation().getColumnNr(),
                  e.getOriginalMessage()),
          e);
    }
  }

  private static void read(
      FieldReader team, Set<String> parents, List<Team> teams, Map<String, GpuAmount> asks) {
    String name = team.text("name");
    team.require("name", "Give the team a name.");
    GpuAmount guarantee = team.parsed("guarantee", GpuAmount::parse);
    team.require("guarantee", "Write \"0\" if nothing is guaranteed.");
    Weight weight = team.parsed("weight", Weight::parse);
    team.require("weight", "Write 1 for all teams if none gets more than others.");
    GpuAmount ask = team.parsed("asks", GpuAmount::parse);
    if (!parents.contains(String.valueOf(name))) {
      team.require("asks", "Write how many GPUs the team asks for, \"0\" for none.");
    }
    String parent = team.text("parent");
    GpuAmount limit = team.parsed("limit", GpuAmount::parse);
    Integer priority = team.integer("priority");
    team.refuseUnknown();
    if (name != null && guarantee != null && weight != null) {
      teams.add(new Team(name, parent, guarantee, limit, weight, orZero(priority)));
      if (ask != null) {
        asks.put(name, ask);
      }
    }
  }

  private static int orZero(@Nullable Integer priority) {
    return priority == null ? 0 : priority;
  }
}
