package gpu.kerf.model.eviction;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The scopes of a node, in the order in which they are searched. A scope is a set of candidates
 * among which victims are searched.
 */
interface Scopes {

  /** Begins the next scope; false if none is left. */
  boolean next(SubsetSearch search);

  /** Whether all scopes together rule out that a less harmful plan exists. */
  boolean isProven();

  private static List<Victim> on(int gpu, List<Victim> victims) {
    return victims.stream().filter(victim -> victim.isOn(gpu)).toList();
  }

  private static List<List<Victim>> oneByOne(List<Victim> scope) {
    return scope.stream().sorted(Victim.MOST_HARMFUL_FIRST).map(List::of).toList();
  }

  /**
   * For one slot each GPU is a scope of its own: a set of victims of which none is superfluous lies
   * on the GPU where the slot comes free.
   */
  final class OfEachGpu implements Scopes {

    private static final int MOST_TRIES = 1 << 14;

    private final List<Victim> victims;
    private final int gpus;
    private final int tries;
    private int gpu = -1;
    private boolean proven = true;

    OfEachGpu(List<Victim> victims, int gpus, NodeSearch.Effort effort) {
      this.victims = victims;
      this.gpus = gpus;
      this.tries = effort == NodeSearch.Effort.FULL ? MOST_TRIES : 0;
    }

    @Override
    public boolean next(SubsetSearch search) {
      proven &= gpu < 0 || search.isExhausted();
      while (++gpu < gpus) {
        List<Victim> scope = on(gpu, victims);
        if (!scope.isEmpty()) {
          search.begin(oneByOne(scope), tries);
          return true;
        }
      }
      return false;
    }

    @Override
    public boolean isProven() {
      return proven && gpu >= gpus;
    }
  }

  /**
   * Else the node is one scope. If it is too large to be searched to the end, GPUs are cleared as
   * blocks and then pod by pod in that order, because a demand for several of them should clear
   * those that are least harmful to clear; and then the best plan is improved: its victims and the
   * pods of one more GPU are a scope small enough to search well, GPU after GPU, until none
   * improves it.
   */
  final class OfTheNode implements Scopes {

    private static final int MOST_TRIES = 1 << 12;
    private static final int MOST_TRIES_PER_IMPROVEMENT = 1 << 7;
    private static final int MOST_ROUNDS = 8;

    /** What comes next. */
    private enum Next {
      POD_BY_POD,
      GPU_BY_GPU,
      PODS_OF_GPU_AFTER_GPU,
      VICTIMS_OF_THE_BEST,
      BEST_AND_ONE_GPU,
      NOTHING
    }

    private final List<Victim> victims;
    private final List<List<Victim>> byGpu;
    private final int gpus;
    private final NodeSearch.Effort effort;
    private Next next = Next.POD_BY_POD;
    private boolean proven;
    private int round;
    private int gpu;
    private @Nullable Harm before;

    OfTheNode(List<Victim> victims, int gpus, List<List<Victim>> byGpu, NodeSearch.Effort effort) {
      this.victims = victims;
      this.gpus = gpus;
      this.byGpu = byGpu;
      this.effort = effort;
    }

    @Override
    public boolean next(SubsetSearch search) {
      int tries = effort == NodeSearch.Effort.FULL ? MOST_TRIES : 0;
      switch (next) {
        case POD_BY_POD -> {
          next = Next.GPU_BY_GPU;
          search.begin(oneByOne(victims), tries);
        }
        case GPU_BY_GPU -> {
          proven = search.isExhausted();
          next = proven ? Next.NOTHING : Next.PODS_OF_GPU_AFTER_GPU;
          if (!proven) {
            search.begin(byGpu, tries);
          }
        }
        case PODS_OF_GPU_AFTER_GPU -> {
          next = effort == NodeSearch.Effort.FULL ? Next.VICTIMS_OF_THE_BEST : Next.NOTHING;
          search.begin(byGpu.stream().flatMap(List::stream).map(List::of).toList(), tries);
        }
        case VICTIMS_OF_THE_BEST -> {
          next = Next.BEST_AND_ONE_GPU;
          search.begin(oneByOne(search.best()), tries);
        }
        case BEST_AND_ONE_GPU -> improve(search);
        case NOTHING -> {}
      }
      return next != Next.NOTHING || !search.isOver();
    }

    /** Pods that hold no GPU, but CPU and memory, come behind the last GPU. */
    private void improve(SubsetSearch search) {
      if (gpu > gpus) {
        gpu = 0;
        if (++round == MOST_ROUNDS || Objects.equals(search.least(), before)) {
          next = Next.NOTHING;
          return;
        }
      }
      before = gpu == 0 ? search.least() : before;
      List<Victim> scope = new ArrayList<>(gpu < gpus ? on(gpu, victims) : withoutGpu());
      search.best().stream().filter(victim -> !scope.contains(victim)).forEach(scope::add);
      gpu++;
      search.begin(oneByOne(scope), MOST_TRIES_PER_IMPROVEMENT);
    }

    private List<Victim> withoutGpu() {
      return victims.stream().filter(victim -> victim.firstGpu() == Long.SIZE).toList();
    }

    @Override
    public boolean isProven() {
      return proven;
    }
  }
}
