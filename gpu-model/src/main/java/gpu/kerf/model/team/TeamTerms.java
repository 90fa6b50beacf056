package gpu.kerf.model.team;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What holds for a team at a moment.
 *
 * @param models its guarantees and limits of single GPU models, by the model's name
 * @param minRuntime how long its work runs before another team may take the GPUs back
 */
public record TeamTerms(Team team, Map<String, ModelTerms> models, Duration minRuntime) {

  /**
   * What holds for a team on GPUs of one model.
   *
   * @param limit null for no limit
   */
  public record ModelTerms(GpuAmount guarantee, @Nullable GpuAmount limit) {}

  public TeamTerms {
    models = Map.copyOf(models);
    if (minRuntime.isNegative()) {
      throw new IllegalArgumentException(
          "The minRuntime (%s) of team %s must not be negative.\nWrite 0s for none."
              .formatted(minRuntime, team.name()));
    }
  }

  /** The same team when it runs on what no other team wants. */
  TeamTerms yielding() {
    Team without =
        new Team(
            team.name(),
            team.parent(),
            GpuAmount.NONE,
            team.limit(),
            new Weight(0),
            Integer.MIN_VALUE);
    Map<String, ModelTerms> limits = new HashMap<>();
    models.forEach(
        (model, part) -> limits.put(model, new ModelTerms(GpuAmount.NONE, part.limit())));
    return new TeamTerms(without, limits, Duration.ZERO);
  }

  /** A team without terms for single models. */
  public static TeamTerms of(Team team) {
    return new TeamTerms(team, Map.of(), Duration.ZERO);
  }
}
