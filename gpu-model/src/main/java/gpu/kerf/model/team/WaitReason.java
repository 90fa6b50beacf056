package gpu.kerf.model.team;

import gpu.kerf.model.budget.BudgetBalance;
import org.jspecify.annotations.Nullable;

/** Why work that waits did not get its turn. */
public sealed interface WaitReason {

  /**
   * A team on its way to the top would hold more than its limit.
   *
   * @param model the GPU model whose limit it is; null for the limit of all
   */
  record Limit(String team, @Nullable String model, GpuAmount held, GpuAmount limit)
      implements WaitReason {}

  /** It is not evictable, and its team would hold more such work than its guarantee. */
  record NotEvictable(String team, GpuAmount guarantee) implements WaitReason {}

  /**
   * A budget on its way to the top is used up, or what is left of it is not enough for work that
   * may run until its deadline.
   *
   * @param forDeadline whether something is left, and too little for the deadline
   */
  record Budget(String team, BudgetBalance balance, boolean forDeadline) implements WaitReason {}

  /** No place is free that is large enough. */
  record NoRoom() implements WaitReason {
    static final NoRoom NOW = new NoRoom();
  }

  /**
   * A place is free, and other work that has waited for long gets it.
   *
   * @param work that gets it
   */
  record Behind(String work) implements WaitReason {}

  /** Evicted pods must end before its place is free. */
  record Evicting() implements WaitReason {
    static final Evicting NOW = new Evicting();
  }

  /** The fleet cannot hold it even if it is empty. */
  record Never() implements WaitReason {
    static final Never AS_THE_FLEET_IS = new Never();
  }
}
