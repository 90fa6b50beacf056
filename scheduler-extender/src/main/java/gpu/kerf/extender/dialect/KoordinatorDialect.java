package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;

/**
 * Koordinator's words: hundredths of a GPU, of its memory and of its multiprocessors. Beside {@code
 * gpu.shared} they are sums over so many GPUs.
 */
public final class KoordinatorDialect extends Dialect {

  private static final String BOTH = "koordinator.sh/gpu";
  private static final String CORES = "koordinator.sh/gpu-core";
  private static final String MEMORY = "koordinator.sh/gpu-memory";
  private static final String RATIO = "koordinator.sh/gpu-memory-ratio";
  private static final String SHARED = "koordinator.sh/gpu.shared";
  private static final int WHOLE = 100;
  private static final long MOST = (long) Demand.MOST_GPUS * WHOLE;

  private static final Words WORDS =
      Words.of(
          Word.asks(
              BOTH,
              "Per cent of one GPU, of its memory and its multiprocessors; 100, 200, ...: so many"
                  + " whole GPUs."),
          Word.asks(RATIO, "Per cent of the memory; 100, 200, ...: so many whole GPUs."),
          Word.asks(MEMORY, "An amount of memory of one GPU, with its unit or in bytes."),
          Word.asks(CORES, "Per cent of the multiprocessors, beside one of the two."),
          Word.asks(SHARED, "Over how many GPUs the others are divided evenly."),
          Word.kept(
              "scheduling.koordinator.sh/gpu-partition-spec",
              Place.ANNOTATION,
              "GPUs near each other are preferred in any case; it is no condition."),
          Word.refused(
              "scheduling.koordinator.sh/device-allocated",
              Place.ANNOTATION,
              "is written by the scheduler that places the pod",
              "Leave it out"),
          Word.refused(
              "scheduling.koordinator.sh/device-allocate-hint",
              Place.ANNOTATION,
              "selects devices, and only Kerf may",
              "Leave it out"));

  public KoordinatorDialect() {
    super("koordinator", WORDS);
  }

  @Override
  public GpuReading read(PodView pod) {
    return new Draft(pod).read(WORDS::areAskedBy, KoordinatorDialect::demand).reading();
  }

  private static Demand demand(Container container) {
    Value both = Draft.limit(container, BOTH);
    Value ratio = both.isNothing() ? Draft.limit(container, RATIO) : both;
    Value memory = Draft.limit(container, MEMORY);
    Value cores = both.isNothing() ? Draft.limit(container, CORES) : both;
    refuseDoubles(container, both, memory, ratio);
    Value shared = Draft.limit(container, SHARED);
    int over = shared.isNothing() ? 1 : shared.gpus();
    if (!memory.isNothing()) {
      Size part = new Size.Memory(memory.quantity().dividedBy(over));
      return withCores(share(part, over), cores, over);
    }
    if (ratio.isNothing()) {
      throw (cores.isNothing() ? shared : cores)
          .problem("says nothing of memory, and a share has some", "Add " + RATIO + ": 50");
    }
    int hundredths = hundredths(ratio, over);
    return hundredths % WHOLE == 0
        ? Demand.whole(hundredths / WHOLE * over)
        : withCores(share(new Size.Fraction(Milli.ofPercent(hundredths)), over), cores, over);
  }

  private static void refuseDoubles(Container container, Value both, Value memory, Value ratio) {
    boolean more =
        !Draft.limit(container, CORES).isNothing() || !Draft.limit(container, RATIO).isNothing();
    if (!both.isNothing() && (more || !memory.isNothing())) {
      throw both.problem("stands beside its parts", "Keep one: " + BOTH + ", or the others");
    }
    if (!memory.isNothing() && !ratio.isNothing()) {
      throw memory.problem(
          "stands beside " + RATIO, "Keep one: an amount, or a part of the GPU's memory");
    }
  }

  private static Demand share(Size part, int over) {
    return new Demand(part, over, WallChoice.ANY, null, List.of());
  }

  private static Demand withCores(Demand demand, Value cores, int over) {
    if (cores.isNothing()) {
      return demand;
    }
    int part = hundredths(cores, over);
    if (part > WHOLE) {
      throw cores.problem("is more than the GPUs have", "Maybe write 50");
    }
    return demand.withSm(Milli.ofPercent(part));
  }

  /** Per cent of each of so many GPUs; above 100 a multiple of it. */
  private static int hundredths(Value value, int over) {
    int sum = (int) value.whole(1, MOST, "percentage", "Maybe write 50");
    if (sum % over != 0 || (over > 1 && sum / over > WHOLE)) {
      throw value.problem("cannot be divided over " + over + " GPUs", "Maybe write " + 50 * over);
    }
    int part = sum / over;
    if (part > WHOLE && part % WHOLE != 0) {
      throw value.problem("is more than one GPU, and no whole number of them", "Maybe write 200");
    }
    return part;
  }
}
