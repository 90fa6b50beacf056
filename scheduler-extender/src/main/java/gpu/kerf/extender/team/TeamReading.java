package gpu.kerf.extender.team;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import gpu.kerf.extender.team.InputProblems.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Team of a cluster as it was read.
 *
 * @param spec what it says; null if it has a problem
 * @param problems what is wrong with it alone
 * @param status what its status says already; missing if it has none
 */
public record TeamReading(
    String name,
    String uid,
    long generation,
    long createdMillis,
    @Nullable TeamSpec spec,
    List<Problem> problems,
    JsonNode status) {

  public TeamReading {
    problems = List.copyOf(problems);
  }

  /** Reads an object of the API server. */
  public static TeamReading of(JsonNode object) {
    InputProblems problems = new InputProblems();
    TeamSpec spec = new TeamReader(problems, "", object).read(object);
    return of(object, problems.found().isEmpty() ? spec : null, problems.found());
  }

  static TeamReading of(JsonNode object, @Nullable TeamSpec spec, List<Problem> problems) {
    JsonNode metadata = object.path("metadata");
    return new TeamReading(
        metadata.path("name").asText(""),
        metadata.path("uid").asText(""),
        metadata.path("generation").asLong(),
        createdMillis(metadata),
        spec,
        problems,
        object.path("status"));
  }

  /** One that was read from a file. */
  static TeamReading of(TeamSpec spec) {
    return new TeamReading(
        spec.name(),
        spec.uid(),
        spec.generation(),
        spec.createdMillis(),
        spec,
        List.of(),
        MissingNode.getInstance());
  }

  static long createdMillis(JsonNode metadata) {
    try {
      return Instant.parse(metadata.path("creationTimestamp").asText("")).toEpochMilli();
    } catch (DateTimeException e) {
      return 0;
    }
  }

  /** Whether its status says that this very generation was accepted. */
  boolean wasAccepted() {
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText("").equals("Accepted")) {
        return condition.path("status").asText("").equals("True")
            && condition.path("observedGeneration").asLong(-1) == generation;
      }
    }
    return false;
  }

  /** Whether another one says the same of the same object; its status may differ. */
  public boolean isSameAs(TeamReading other) {
    return uid.equals(other.uid) && generation == other.generation;
  }
}
