package gpu.kerf.extender.cost;

import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.telemetry.GpuFigures;
import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.cost.GpuHourSource;
import gpu.kerf.model.cost.StrandedCauses;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.usage.UsageCell;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps for how much of each hour each GPU was there, and what of it was stranded by which owner.
 *
 * <p>It looks at the fleet ten times a second, at the nodes that have changed, and a few of them at
 * a time. Time is counted by the clock that only runs; if the clock on the wall is set, counting
 * goes on in the hour that it then shows. What was before a start is not known, and the oldest
 * hours are dropped when there are too many.
 */
public final class GpuHours implements GpuHourSource {

  /** A wall clock that is off by more was set; smaller differences are those of slow adjustment. */
  private static final long STEP_MILLIS = 5_000;

  private static final int NODES_AT_ONCE = 5;
  private static final long WHOLE = 1000;

  private final Ledger ledger;
  private final FleetFigures figures;
  private final Function<Holder, String> teams;
  private final LongSupplier wall;
  private final LongSupplier elapsed;
  private final int most;
  private final Map<String, OneNode> nodes = new HashMap<>();
  private final Deque<ClosedHour> closed = new ArrayDeque<>();
  private long offset;
  private long hour;
  private int kept;
  private @Nullable List<FleetFigures.Node> seen;
  private boolean behind;

  private record ClosedHour(long startMillis, List<GpuHour> gpus) {}

  /**
   * A part of a GPU that is stranded since a moment.
   *
   * @param cause null if it is no owner
   */
  private record Rate(UsageCell.@Nullable Key cause, long milli) {}

  /** The GPUs of a node since the start of the hour. */
  private static final class OneNode {
    private @Nullable NodeState state;
    private int version;
    private @Nullable UsualDemands usual;
    private final Map<String, OneGpu> gpus = new LinkedHashMap<>();
  }

  /** Whether a node is as it was when it was looked at. */
  private static boolean isKnown(OneNode known, FleetFigures.Node node) {
    return known.state == node.state()
        && known.version == node.version()
        && known.usual == node.usual();
  }

  private static final class OneGpu {
    private final String name;
    private final String model;
    private final Map<Rate, long[]> stranded = new LinkedHashMap<>(2);
    private long present;
    private long since;
    private boolean there;
    private List<Rate> rates = List.of();

    OneGpu(String name, String model) {
      this.name = name;
      this.model = model;
    }

    private void settle(long now) {
      if (there && now > since) {
        long millis = now - since;
        present += millis;
        for (Rate rate : rates) {
          Rate cause = new Rate(rate.cause, 0);
          stranded.computeIfAbsent(cause, key -> new long[1])[0] += rate.milli * millis;
        }
      }
      since = now;
    }

    private void begin() {
      present = 0;
      stranded.clear();
    }

    private GpuHour at(long hourStartMillis) {
      List<GpuHour.Stranded> parts = new ArrayList<>(stranded.size());
      stranded.forEach((rate, sum) -> parts.add(new GpuHour.Stranded(rate.cause, sum[0])));
      return new GpuHour(hourStartMillis, name, model, present, parts);
    }
  }

  /**
   * @param teams the team of a pod; empty for none
   * @param wall what the clock on the wall shows, in milliseconds
   * @param elapsed a clock that only runs, in milliseconds
   * @param most how many GPU hours are kept; always the hour that is running
   */
  public GpuHours(
      Ledger ledger,
      FleetFigures figures,
      Function<Holder, String> teams,
      LongSupplier wall,
      LongSupplier elapsed,
      int most) {
    this.ledger = ledger;
    this.figures = figures;
    this.teams = teams;
    this.wall = wall;
    this.elapsed = elapsed;
    this.most = most;
    this.offset = wall.getAsLong() - elapsed.getAsLong();
    this.hour = hourOf(now());
  }

  private long now() {
    return offset + elapsed.getAsLong();
  }

  private static long hourOf(long millis) {
    return millis - Math.floorMod(millis, CostRows.HOUR_MILLIS);
  }

  /** Looks at what has changed; to be called ten times a second. */
  public void tick() {
    followWall();
    closeHours(now());
    if (figures.nodes() != seen || behind) {
      seen = figures.nodes();
      look(now());
    }
  }

  private void followWall() {
    long step = wall.getAsLong() - now();
    if (Math.abs(step) > STEP_MILLIS) {
      closeHours(now());
      settle(now());
      offset += step;
      each(gpu -> gpu.since = now());
      if (hourOf(now()) != hour) {
        close();
        hour = hourOf(now());
      }
    }
  }

  private void closeHours(long now) {
    while (hour + CostRows.HOUR_MILLIS <= now) {
      settle(hour + CostRows.HOUR_MILLIS);
      close();
      hour += CostRows.HOUR_MILLIS;
    }
  }

  private void settle(long now) {
    each(gpu -> gpu.settle(now));
  }

  private void each(Consumer<OneGpu> action) {
    nodes.values().forEach(node -> node.gpus.values().forEach(action));
  }

  private void close() {
    List<GpuHour> gpus = records();
    each(OneGpu::begin);
    nodes.values().forEach(node -> node.gpus.values().removeIf(gpu -> !gpu.there));
    nodes.values().removeIf(node -> node.gpus.isEmpty() && node.state == null);
    if (!gpus.isEmpty()) {
      closed.add(new ClosedHour(hour, gpus));
      kept += gpus.size();
    }
    while (kept > most && !closed.isEmpty()) {
      kept -= closed.remove().gpus.size();
    }
  }

  private List<GpuHour> records() {
    List<GpuHour> gpus = new ArrayList<>();
    each(
        gpu -> {
          if (gpu.present > 0) {
            gpus.add(gpu.at(hour));
          }
        });
    return gpus;
  }

  private void look(long now) {
    int left = NODES_AT_ONCE;
    Set<String> there = new HashSet<>();
    behind = false;
    for (FleetFigures.Node node : figures.nodes()) {
      there.add(node.name());
      OneNode known = nodes.computeIfAbsent(node.name(), name -> new OneNode());
      if (!isKnown(known, node)) {
        if (left-- > 0) {
          changed(known, node, now);
        } else {
          behind = true;
        }
      }
    }
    for (Map.Entry<String, OneNode> each : nodes.entrySet()) {
      if (!there.contains(each.getKey()) && each.getValue().state != null) {
        gone(each.getValue(), now);
      }
    }
  }

  private static void gone(OneNode node, long now) {
    node.state = null;
    node.gpus.values().forEach(gpu -> leave(gpu, now));
  }

  private static void leave(OneGpu gpu, long now) {
    gpu.settle(now);
    gpu.there = false;
    gpu.rates = List.of();
  }

  private void changed(OneNode known, FleetFigures.Node node, long now) {
    known.state = node.state();
    known.version = node.version();
    known.usual = node.usual();
    List<Entry> entries = List.copyOf(ledger.entriesOn(node.name()));
    StrandedCauses causes =
        new StrandedCauses(
            node.state(),
            entries.stream().map(Entry::placement).toList(),
            (state, gpu) -> stranded(state, gpu, node.usual()));
    Set<String> names = new HashSet<>();
    for (int gpu = 0; gpu < node.state().gpus(); gpu++) {
      GpuSpec spec = node.state().spec().gpus().get(gpu);
      String name = nameOf(node.state(), gpu);
      names.add(name);
      OneGpu one = known.gpus.computeIfAbsent(name, key -> new OneGpu(key, spec.model().name()));
      one.settle(now);
      one.there = true;
      one.rates = rates(causes.of(gpu), entries, gpu, spec.model().name());
    }
    known.gpus.values().stream()
        .filter(gpu -> !names.contains(gpu.name))
        .forEach(gpu -> leave(gpu, now));
  }

  /** What is free of a GPU that must not be used is of no use, too. */
  private static int stranded(NodeState state, int gpu, @Nullable UsualDemands usual) {
    GpuFigures now = GpuFigures.of(state, gpu, usual);
    return Math.toIntExact(
        now.unusable() > 0 ? now.capacityMiB() - now.heldMiB() : now.strandedMiB());
  }

  private List<Rate> rates(
      List<StrandedCauses.Cause> causes, List<Entry> entries, int gpu, String model) {
    Map<Rate, Long> sums = new LinkedHashMap<>();
    for (StrandedCauses.Cause cause : causes) {
      UsageCell.Key key =
          cause.placement() == StrandedCauses.NONE
              ? null
              : key(entries.get(cause.placement()), gpu, model);
      sums.merge(new Rate(key, 0), cause.milli(), Long::sum);
    }
    List<Rate> rates = new ArrayList<>(sums.size());
    sums.forEach((rate, milli) -> rates.add(new Rate(rate.cause, Math.min(WHOLE, milli))));
    return rates;
  }

  private UsageCell.Key key(Entry entry, int gpu, String model) {
    Holder holder = entry.holder();
    String owner = holder.owner().isEmpty() ? "Pod/" + holder.name() : holder.owner();
    String wall = "";
    for (Slot slot : entry.placement().slots()) {
      if (wall.isEmpty() || slot.gpu() == gpu) {
        wall = slot instanceof Slot.Whole ? "whole" : slot.wall().word();
      }
    }
    return new UsageCell.Key(teams.apply(holder), holder.namespace(), owner, model, wall);
  }

  /** How a GPU is called in records of usage. */
  static String nameOf(NodeState node, int gpu) {
    String uuid = node.spec().gpus().get(gpu).uuid();
    return uuid == null ? node.name() + "/" + gpu : uuid;
  }

  @Override
  public void hours(long fromMillis, long toMillis, Consumer<GpuHour> each) {
    closeHours(now());
    for (ClosedHour past : closed) {
      if (past.startMillis < toMillis && past.startMillis + CostRows.HOUR_MILLIS > fromMillis) {
        past.gpus.forEach(each);
      }
    }
    if (hour < toMillis && hour + CostRows.HOUR_MILLIS > fromMillis) {
      settle(now());
      records().forEach(each);
    }
  }
}
