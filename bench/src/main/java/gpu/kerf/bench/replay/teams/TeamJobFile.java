package gpu.kerf.bench.replay.teams;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.bench.replay.input.InputException;
import gpu.kerf.bench.replay.input.TextFile;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.team.Work;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the jobs of teams, one JSON object per line. Keys that it does not know are ignored. */
final class TeamJobFile {

  /** A third of a millennium: sums of such times stay within a long. */
  private static final long MOST_MS = 10_000_000_000_000L;

  private static final String EXAMPLE =
      "Write one object per line: {\"id\":\"a\",\"team\":\"research\",\"arrivalMs\":0,"
          + "\"runMs\":60000,\"pods\":1,\"memoryMiB\":8192}";

  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path path;
  private final Set<String> teams;
  private final Set<String> ids = new HashSet<>();

  private TeamJobFile(Path path, Set<String> teams) {
    this.path = path;
    this.teams = teams;
  }

  /**
   * The jobs by arrival; jobs that arrive together stay in the order of the file.
   *
   * @param teams the names of the teams without children
   */
  static List<TeamJob> read(Path path, Set<String> teams) throws IOException {
    TeamJobFile file = new TeamJobFile(path, teams);
    List<TeamJob> jobs = new ArrayList<>();
    for (TextFile.Line line : TextFile.read(path).lines()) {
      jobs.add(file.job(line, file.parse(line)));
    }
    jobs.sort(Comparator.comparingLong(TeamJob::arrivalMs));
    return List.copyOf(jobs);
  }

  private JsonNode parse(TextFile.Line line) throws InputException {
    try {
      JsonNode node = MAPPER.readTree(line.text());
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw InputException.atLine(
          path,
          line.number(),
          "column " + e.getLocation().getColumnNr() + " is not JSON: " + e.getOriginalMessage(),
          EXAMPLE);
    }
    throw InputException.atLine(
        path,
        line.number(),
        "(" + InputException.shown(line.text()) + ") is not an object.",
        EXAMPLE);
  }

  private TeamJob job(TextFile.Line line, JsonNode object) throws InputException {
    return new TeamJob(
        id(line, object),
        team(line, object),
        number(line, object, "arrivalMs", 0, MOST_MS, null),
        number(line, object, "runMs", 1, MOST_MS, null),
        (int) number(line, object, "pods", 1, Work.MOST_MEMBERS, 1L),
        PodDemand.of(demand(line, object)),
        (int) number(line, object, "priority", Integer.MIN_VALUE, Integer.MAX_VALUE, 0L),
        evictable(line, object));
  }

  private String id(TextFile.Line line, JsonNode object) throws InputException {
    String id = text(line, object, "id");
    if (!ids.add(id)) {
      throw wrong(
          line, "id", "(" + id + ") stands there for the second time.", "Names must differ.");
    }
    return id;
  }

  private String team(TextFile.Line line, JsonNode object) throws InputException {
    String team = text(line, object, "team");
    if (!teams.contains(team)) {
      String known = String.join(", ", teams.stream().sorted().limit(20).toList());
      throw wrong(
          line,
          "team",
          "(" + team + ") is no team without children.",
          "Teams without children are: " + known + (teams.size() > 20 ? ", …" : "") + ".");
    }
    return team;
  }

  private Demand demand(TextFile.Line line, JsonNode object) throws InputException {
    boolean whole = object.hasNonNull("whole");
    if (whole == object.hasNonNull("memoryMiB")) {
      throw wrong(
          line,
          "memoryMiB",
          whole ? "stands beside whole." : "is missing, and so is whole.",
          "Write either memoryMiB, the memory of each pod, or whole, the GPUs of each pod.");
    }
    Demand demand =
        whole
            ? Demand.whole((int) number(line, object, "whole", 1, Demand.MOST_GPUS, null))
            : Demand.memory(
                new MemoryMiB((int) number(line, object, "memoryMiB", 1, MemoryMiB.LARGEST, null)));
    long percent = number(line, object, "smPercent", 1, 100, 0L);
    try {
      demand = percent == 0 ? demand : demand.withSm(Milli.ofPercent((int) percent));
      return object.hasNonNull("wall")
          ? demand.withWall(WallChoice.parse(text(line, object, "wall")))
          : demand;
    } catch (IllegalArgumentException e) {
      String[] parts = Objects.requireNonNullElse(e.getMessage(), "").split("\n", 2);
      throw InputException.atLine(
          path, line.number(), parts[0], parts.length > 1 ? parts[1] : EXAMPLE);
    }
  }

  private boolean evictable(TextFile.Line line, JsonNode object) throws InputException {
    JsonNode value = object.path("evictable");
    if (value.isMissingNode() || value.isNull()) {
      return true;
    }
    if (!value.isBoolean()) {
      throw wrong(line, "evictable", "(" + shown(value) + ") is no truth value.", "Write false.");
    }
    return value.booleanValue();
  }

  private String text(TextFile.Line line, JsonNode object, String key) throws InputException {
    JsonNode value = object.path(key);
    if (value.isMissingNode() || value.isNull()) {
      throw wrong(line, key, "the value is missing.", EXAMPLE);
    }
    if (!value.isTextual() || value.asText().isBlank()) {
      throw wrong(line, key, "(" + shown(value) + ") is no name.", "Write a string.");
    }
    return value.asText();
  }

  /** A whole number; if it is missing, the usual one, and an error if that is null. */
  private long number(
      TextFile.Line line, JsonNode object, String key, long least, long most, @Nullable Long usual)
      throws InputException {
    JsonNode value = object.path(key);
    if (value.isMissingNode() || value.isNull()) {
      if (usual == null) {
        throw wrong(line, key, "the value is missing.", EXAMPLE);
      }
      return usual;
    }
    String range = "Write a whole number between " + least + " and " + most + ".";
    if (!value.isNumber() || !(value.isIntegralNumber() || value.canConvertToExactIntegral())) {
      throw wrong(line, key, "(" + shown(value) + ") is not a whole number.", range);
    }
    if (!value.canConvertToLong() || value.longValue() < least || value.longValue() > most) {
      throw wrong(line, key, "(" + shown(value) + ") is out of range.", range);
    }
    return value.longValue();
  }

  private static String shown(JsonNode value) {
    return InputException.shown(value.toString());
  }

  private InputException wrong(TextFile.Line line, String key, String problem, String hint) {
    return new InputException(
        path + ", line " + line.number() + ", key " + key, InputException.shown(problem), hint);
  }
}
