package gpu.kerf.extender.team;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.team.InputProblems.Problem;
import gpu.kerf.extender.team.TeamSpec.Namespaces;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.Weight;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Queue of KAI's scheduler as a team. Of its resources only GPUs count. A negative number
 * means "as many as there are".
 */
public final class KaiQueues {

  /** The most that an amount can be. */
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

  private KaiQueues() {}

  /** Reads an object of the API server. */
  public static TeamReading read(JsonNode queue) {
    InputProblems problems = new InputProblems();
    TeamSpec spec = spec(problems, queue);
    return TeamReading.of(queue, problems.found().isEmpty() ? spec : null, problems.found());
  }

  private static TeamSpec spec(InputProblems problems, JsonNode queue) {
    JsonNode metadata = queue.path("metadata");
    JsonNode spec = queue.path("spec");
    JsonNode gpu = spec.path("resources").path("gpu");
    String parent = spec.path("parentQueue").asText("");
    BigDecimal quota = number(problems, gpu, "quota", BigDecimal.ZERO);
    BigDecimal limit = number(problems, gpu, "limit", BigDecimal.ONE.negate());
    BigDecimal weight = number(problems, gpu, "overQuotaWeight", BigDecimal.ONE);
    Team team =
        new Team(
            metadata.path("name").asText(""),
            parent.isEmpty() ? null : parent,
            new GpuAmount(milli(quota.signum() < 0 ? MOST : quota)),
            limit(limit),
            new Weight(milli(weight.max(BigDecimal.ZERO))),
            spec.path("priority").asInt(0));
    return new TeamSpec(
        metadata.path("uid").asText(""),
        metadata.path("generation").asLong(),
        TeamReading.createdMillis(metadata),
        team,
        Namespaces.NONE,
        List.of(),
        List.of(),
        null,
        Duration.ZERO,
        null);
  }

  private static @Nullable GpuAmount limit(BigDecimal limit) {
    return limit.signum() < 0 ? null : new GpuAmount(milli(limit));
  }

  private static long milli(BigDecimal amount) {
    return amount.min(MOST).movePointRight(3).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }

  private static BigDecimal number(
      InputProblems problems, JsonNode gpu, String field, BigDecimal otherwise) {
    JsonNode value = gpu.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      problems.add(
          new Problem(
              "", "spec.resources.gpu." + field, value.toString(), "is no number.", "Write 8."));
      return otherwise;
    }
    return value.decimalValue();
  }
}
