package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;

/**
 * gpushare's words: memory of one GPU as a plain number. Its device plugin has a setting that says
 * whether it counts GiB or MiB. Pods do not repeat it, so Kerf has the same setting.
 */
public final class GpushareDialect extends Dialect {

  /** What the number counts. */
  public enum Unit {
    GIB(1024),
    MIB(1);

    private final int mib;

    Unit(int mib) {
      this.mib = mib;
    }

    public int mib() {
      return mib;
    }
  }

  private static final String MEMORY = "aliyun.com/gpu-mem";
  private static final String CORES = "aliyun.com/gpu-core.percentage";

  /** More GiB than any GPU has: the number counts MiB. */
  private static final int MOST_GIB = 512;

  /** Fewer MiB than any process on a GPU takes: the number counts GiB. */
  private static final int FEWEST_MIB = 64;

  private static final Words WORDS =
      Words.of(
          Word.asks(
              MEMORY,
              "Memory of one GPU, in GiB or, with `dialects.gpushareUnit: mib`, in MiB. A number"
                  + " that looks like the other unit (more than 512 GiB, less than 64 MiB) is"
                  + " refused."),
          Word.asks(
              CORES,
              "Part of the multiprocessors, in per cent, set aside for the container; beside"
                  + " memory."),
          Word.asks(
              "aliyun.com/gpu-count",
              "Refused: gpushare gives one GPU. Instead: `kerf.gpu/whole`."),
          Word.refused(
              "ALIYUN_COM_GPU_MEM_<any>",
              Place.ANNOTATION,
              "names a GPU, and only Kerf may",
              "Leave it out"),
          Word.refused(
              "scheduler.framework.gpushare.allocation",
              Place.ANNOTATION,
              "names a GPU, and only Kerf may",
              "Leave it out"));

  private final Unit unit;

  public GpushareDialect(Unit unit) {
    super("gpushare", WORDS);
    this.unit = unit;
  }

  @Override
  public GpuReading read(PodView pod) {
    return new Draft(pod).read(WORDS::areAskedBy, this::demand).reading();
  }

  private Demand demand(Container container) {
    Value count = Draft.limit(container, "aliyun.com/gpu-count");
    if (!count.isNothing()) {
      throw count.problem(
          "asks for several GPUs, and gpushare gives a part of one",
          "Maybe write kerf.gpu/memory: 16Gi and the annotation kerf.gpu/split: 2");
    }
    Value cores = Draft.limit(container, CORES);
    Value memory = Draft.limit(container, MEMORY);
    if (memory.isNothing()) {
      throw cores.problem("stands without aliyun.com/gpu-mem", "Add how much memory it needs");
    }
    Demand demand = Demand.memory(amount(memory));
    return cores.isNothing() ? demand : demand.withSm(cores.percent());
  }

  private MemoryMiB amount(Value memory) {
    if (unit == Unit.GIB) {
      int gib =
          (int)
              memory.whole(
                  1,
                  MOST_GIB,
                  "number of GiB",
                  "Maybe the cluster counts MiB: set dialects.gpushareUnit to mib");
      return new MemoryMiB(gib * Unit.GIB.mib());
    }
    return new MemoryMiB(
        (int)
            memory.whole(
                FEWEST_MIB,
                MemoryMiB.LARGEST,
                "number of MiB",
                "Maybe the cluster counts GiB: set dialects.gpushareUnit to gib"));
  }
}
