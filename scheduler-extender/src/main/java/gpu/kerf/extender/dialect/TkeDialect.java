package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Milli;

/**
 * The words of TKE's gpu-manager: hundredths of a GPU's multiprocessors, and memory in pieces of
 * 256 MiB. Whole hundreds are whole GPUs.
 */
public final class TkeDialect extends Dialect {

  private static final String CORES = "tencent.com/vcuda-core";
  private static final String MEMORY = "tencent.com/vcuda-memory";
  private static final String CORE_LIMIT = "tencent.com/vcuda-core-limit";
  private static final int WHOLE = 100;
  private static final int PIECE_MIB = 256;
  private static final String DECISION = "is written by the scheduler that places the pod";

  private static final Words WORDS =
      Words.of(
          Word.asks(
              CORES,
              "Below 100: per cent of the multiprocessors of one GPU, set aside for the container."
                  + " 100, 200, ...: so many whole GPUs."),
          Word.asks(MEMORY, "Pieces of 256 MiB; whole GPUs come with all of theirs."),
          Word.says(
                  CORE_LIMIT,
                  "Per cent; changes nothing, because Kerf's shares of multiprocessors do not"
                      + " stretch.")
              .joining(),
          Word.refused("tencent.com/predicate-<any>", Place.ANNOTATION, DECISION, "Leave it out"),
          Word.refused("tencent.com/gpu-assigned", Place.ANNOTATION, DECISION, "Leave it out"));

  public TkeDialect() {
    super("tke", WORDS);
  }

  @Override
  public GpuReading read(PodView pod) {
    Draft draft = new Draft(pod);
    Value limit = draft.annotation(CORE_LIMIT);
    if (limit.isThere()) {
      draft.part(limit::percent);
    }
    return draft.read(WORDS::areAskedBy, TkeDialect::demand).reading();
  }

  private static Demand demand(Container container) {
    Value cores = Draft.limit(container, CORES);
    Value memory = Draft.limit(container, MEMORY);
    int hundredths =
        cores.isNothing()
            ? 0
            : (int) cores.whole(1, (long) Demand.MOST_GPUS * WHOLE, "percentage", "Maybe write 50");
    if (hundredths >= WHOLE) {
      return whole(cores, hundredths);
    }
    if (memory.isNothing()) {
      throw cores.problem(
          "says nothing of memory, and a share has some", "Add tencent.com/vcuda-memory: 32");
    }
    Demand demand = Demand.memory(memory.mibTimes(PIECE_MIB));
    return hundredths == 0 ? demand : demand.withSm(Milli.ofPercent(hundredths));
  }

  private static Demand whole(Value cores, int hundredths) {
    if (hundredths % WHOLE != 0) {
      throw cores.problem("is more than one GPU, and no whole number of them", "Maybe write 200");
    }
    return Demand.whole(hundredths / WHOLE);
  }
}
