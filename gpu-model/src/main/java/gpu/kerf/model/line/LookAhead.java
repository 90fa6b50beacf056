package gpu.kerf.model.line;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigLayouts;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.price.LineValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says which of the works that wait for a MIG instance starts next, and where, or that none should
 * start now.
 *
 * <p>It looks at the first work of every kind of demand, so works of one kind start in the order of
 * the line. The work whose best start raises the value of its GPU most goes first ({@link
 * LineValue}). A start that lowers the value of its GPU is left out while a larger work waits: the
 * larger work can use the slices better soon. But an empty GPU never stays empty while a work fits
 * on it, so every work starts at last.
 *
 * <p>It knows neither how long a work runs nor what will come. It serves GPUs of one model in mode
 * mig-dynamic and works of one container with one instance.
 */
public final class LookAhead {

  /** What a slice that stays free costs, in compute slices: gathers works on fuller GPUs. */
  private static final double GATHER = 0.1;

  /** The layout of a GPU that holds nothing. */
  private static final int EMPTY = 0;

  private static final double NEVER = Double.NEGATIVE_INFINITY;

  private final Fleet fleet;
  private final Chooser chooser;
  private final GpuModel model;
  private final MigLayouts layouts;
  private final LineValue value;

  /** What the best start adds, by kind of profile and layout; NaN where it is not worked out. */
  private final double[][] gain;

  private final byte[][] start;
  private final Map<PodDemand, Work> works = new HashMap<>();

  /**
   * @param chooser the chooser of the same fleet
   */
  public LookAhead(Fleet fleet, Chooser chooser, GpuModel model) {
    this.fleet = fleet;
    this.chooser = chooser;
    this.model = model;
    this.layouts = fleet.models().layouts(fleet.models().indexOf(model));
    this.value = new LineValue(layouts, model.slices());
    this.gain = new double[layouts.plainProfiles().size()][layouts.size()];
    this.start = new byte[gain.length][layouts.size()];
  }

  /** Works of one kind that wait. */
  public record Waiting(PodDemand demand, int count) {
    public Waiting {
      if (count < 0) {
        throw new IllegalArgumentException(
            "The number of waiting works ("
                + count
                + ") must not be negative.\nMaybe a work was counted out twice.");
      }
    }
  }

  /** The work that starts, and where. */
  public record Start(PodDemand demand, Placement placement) {}

  private record Work(PreparedDemand prepared, MigProfile profile, int kind) {}

  /** The best start found so far. */
  private static final class Best {
    private final int largest;
    private double score = NEVER;
    private @Nullable NodeState node;
    private @Nullable Work work;
    private int gpu;

    /**
     * @param largest how many slices the largest work takes that waits
     */
    Best(int largest) {
      this.largest = largest;
    }

    /** Whether a work should rather wait than add so much to a layout. */
    boolean refuses(Work candidate, double added, int layout) {
      return added < 0 && layout != EMPTY && candidate.profile().size() < largest;
    }
  }

  /** A work has joined the line. */
  public void arrived(PodDemand demand) {
    value.arrived(work(demand).kind());
  }

  /**
   * The next work to start, or null if none should start now.
   *
   * @param line each kind of demand once; of equally good kinds the one that stands first starts
   */
  public @Nullable Start next(List<Waiting> line) {
    int[] counts = new int[gain.length];
    int largest = 0;
    for (Waiting waiting : line) {
      Work work = work(waiting.demand());
      counts[work.kind()] += waiting.count();
      largest = waiting.count() == 0 ? largest : Math.max(largest, work.profile().size());
    }
    if (largest == 0) {
      return null;
    }
    if (value.solve(counts, Math.max(1, gpus()))) {
      for (double[] ofKind : gain) {
        Arrays.fill(ofKind, Double.NaN);
      }
    }
    chooser.refresh();
    Best best = new Best(largest);
    for (Waiting waiting : line) {
      if (waiting.count() > 0) {
        look(work(waiting.demand()), best);
      }
    }
    return best.node == null ? null : start(best);
  }

  private int gpus() {
    int gpus = 0;
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        gpus += isServed(node, gpu) ? 1 : 0;
      }
    }
    return gpus;
  }

  private boolean isServed(NodeState node, int gpu) {
    return node.mode(gpu) == GpuMode.MIG_DYNAMIC
        && node.isUsable(gpu)
        && !node.isWholeHeld(gpu)
        && node.gpuModel(gpu).equals(model);
  }

  private void look(Work work, Best best) {
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null && chooser.placer().tryOn(work.prepared(), node)) {
        look(work, node, best);
      }
    }
  }

  private void look(Work work, NodeState node, Best best) {
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      int layout = node.layout(gpu);
      if (!isServed(node, gpu)) {
        continue;
      }
      double added = gain(work.kind(), layout);
      if (added - left(work, layout) > best.score
          && !best.refuses(work, added, layout)
          && node.isFree(slot(work, gpu, layout))) {
        best.score = added - left(work, layout);
        best.node = node;
        best.work = work;
        best.gpu = gpu;
      }
    }
  }

  private Slot slot(Work work, int gpu, int layout) {
    return new Slot.Mig(gpu, work.profile(), start[work.kind()][layout]);
  }

  private Start start(Best best) {
    NodeState node = Objects.requireNonNull(best.node);
    Work work = Objects.requireNonNull(best.work);
    PodDemand demand = work.prepared().demand();
    Slot slot = slot(work, best.gpu, node.layout(best.gpu));
    String container = demand.containers().get(0).name();
    return new Start(
        demand,
        new Placement(
            node.name(),
            List.of(new ContainerSlots(container, List.of(slot))),
            demand.cpuMilli(),
            demand.hostMemoryMiB()));
  }

  /** What the best start of a kind adds to a layout; {@link #NEVER} if none is free. */
  private double gain(int kind, int layout) {
    double known = gain[kind][layout];
    if (Double.isNaN(known)) {
      known = workOut(kind, layout);
      gain[kind][layout] = known;
    }
    return known;
  }

  private double workOut(int kind, int layout) {
    double most = NEVER;
    for (int at = 0; at < Byte.SIZE; at++) {
      int after = layouts.with(layout, kind, at);
      double added = after < 0 ? NEVER : value.of(after) - value.of(layout);
      if (added > most) {
        most = added;
        start[kind][layout] = (byte) at;
      }
    }
    return most;
  }

  private double left(Work work, int layout) {
    int occupied = Integer.bitCount(layouts.occupied(layout)) + work.profile().size();
    return GATHER * (model.slices() - occupied);
  }

  private Work work(PodDemand demand) {
    return works.computeIfAbsent(demand, this::prepare);
  }

  private Work prepare(PodDemand demand) {
    PreparedDemand prepared = chooser.prepare(demand);
    List<MigProfile> profiles =
        demand.containers().size() == 1 && demand.slots() == 1
            ? prepared.profilesToCut(0, model)
            : List.of();
    if (profiles.isEmpty()) {
      throw new IllegalArgumentException(
          "The demand ("
              + demand
              + ") is not for one MIG instance of "
              + model.name()
              + ".\nLook ahead only among works that such an instance serves.");
    }
    MigProfile profile = profiles.get(0);
    return new Work(prepared, profile, layouts.kindOf(profile));
  }
}
