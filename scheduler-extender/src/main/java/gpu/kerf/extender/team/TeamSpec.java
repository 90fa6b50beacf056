package gpu.kerf.extender.team;

import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.idle.IdleRule;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A Team as its manifest says it.
 *
 * @param uid empty if it was read from a file
 * @param generation another one with every change of the spec; 0 if it was read from a file
 * @param createdMillis 0 if it was read from a file
 * @param team its amounts outside of all windows
 * @param minRuntime how long a pod runs before it may be evicted
 * @param idle what becomes of pods that hold GPUs and do not use them; null for nothing
 */
public record TeamSpec(
    String uid,
    long generation,
    long createdMillis,
    Team team,
    Namespaces namespaces,
    List<ModelAmounts> models,
    List<Window> windows,
    @Nullable GpuBudget budget,
    Duration minRuntime,
    @Nullable IdleRule idle) {

  /** Of windows behind an open one, which change nothing. */
  private static final int MOST_CHANGES = 1_000;

  public TeamSpec {
    models = List.copyOf(models);
    windows = List.copyOf(windows);
  }

  /**
   * The namespaces whose pods belong to a team: by name, or by label.
   *
   * @param labels a namespace that has all of them is selected; none selects none
   */
  public record Namespaces(List<String> names, Map<String, String> labels) {

    public static final Namespaces NONE = new Namespaces(List.of(), Map.of());

    public Namespaces {
      names = List.copyOf(names);
      labels = Map.copyOf(labels);
    }

    public boolean isEmpty() {
      return names.isEmpty() && labels.isEmpty();
    }
  }

  /** The amounts of one GPU model, which count within those of the team. */
  public record ModelAmounts(String model, GpuAmount guarantee, @Nullable GpuAmount limit) {}

  /**
   * A time at which a team has other amounts.
   *
   * @param team the team as it is while the window is open
   * @param models the amounts of GPU models while it is open
   */
  public record Window(String name, TeamWindow time, Team team, List<ModelAmounts> models) {
    public Window {
      models = List.copyOf(models);
    }
  }

  public String name() {
    return team.name();
  }

  public @Nullable String parent() {
    return team.parent();
  }

  /** The first window of the list that is open at a moment, or null. */
  public @Nullable Window windowAt(Instant moment) {
    return windows.stream().filter(window -> window.time().isOpen(moment)).findFirst().orElse(null);
  }

  /**
   * When another window counts than at a moment, or none counts any more; null if that does not
   * happen within a year.
   */
  public @Nullable Instant nextChange(Instant moment) {
    Instant at = nextWindowChange(moment);
    for (int i = 0; at != null && i < MOST_CHANGES; i++) {
      if (!Objects.equals(windowAt(at), windowAt(moment))) {
        return at;
      }
      at = nextWindowChange(at);
    }
    return null;
  }

  private @Nullable Instant nextWindowChange(Instant moment) {
    return windows.stream()
        .map(window -> window.time().nextChange(moment))
        .filter(Objects::nonNull)
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  /** The team at a moment. */
  public Team at(Instant moment) {
    Window open = windowAt(moment);
    return open == null ? team : open.team;
  }

  /** The amounts of GPU models at a moment. */
  public List<ModelAmounts> modelsAt(Instant moment) {
    Window open = windowAt(moment);
    return open == null ? models : open.models;
  }

  /** Whether another one says the same of the same Team. */
  public boolean isSameAs(TeamSpec other) {
    return uid.equals(other.uid)
        && generation == other.generation
        && Objects.equals(parent(), other.parent());
  }

  /** The same team at the top of the tree. */
  TeamSpec atTop() {
    return new TeamSpec(
        uid,
        generation,
        createdMillis,
        atTop(team),
        namespaces,
        models,
        windows.stream()
            .map(window -> new Window(window.name, window.time, atTop(window.team), window.models))
            .toList(),
        budget,
        minRuntime,
        idle);
  }

  private static Team atTop(Team team) {
    return new Team(
        team.name(), null, team.guarantee(), team.limit(), team.weight(), team.priority());
  }
}
