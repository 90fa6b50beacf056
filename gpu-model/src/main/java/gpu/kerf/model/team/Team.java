package gpu.kerf.model.team;

import org.jspecify.annotations.Nullable;

/**
 * A node of the tree of teams.
 *
 * @param parent the team above it, or null for a team at the top
 * @param guarantee what it gets back whenever it asks
 * @param limit what it never exceeds, or null for no limit
 * @param weight its part of what is left over the guarantees
 * @param priority a sibling of higher priority comes first above the guarantees
 */
public record Team(
    String name,
    @Nullable String parent,
    GpuAmount guarantee,
    @Nullable GpuAmount limit,
    Weight weight,
    int priority) {

  public Team {
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "The name (\"" + name + "\") of a team must not be blank.\nMaybe a name is missing.");
    }
  }

  /** An amount, or the limit if that is less. */
  GpuAmount atMostLimit(GpuAmount amount) {
    return limit == null || amount.compareTo(limit) <= 0 ? amount : limit;
  }
}
