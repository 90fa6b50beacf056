package gpu.kerf.extender.telemetry;

import gpu.kerf.model.analysis.UsualDemands;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Held and free memory of the fleet, by node, by GPU model and in total.
 *
 * <p>{@link #refresh} visits every node but recomputes only those that changed. After the usual
 * demands have changed it recomputes some more nodes at each call, so that a fleet of thousands of
 * nodes does not block the event loop.
 */
public final class FleetFigures {
  private static final int MOST_STALE = 50;

  private final Fleet fleet;
  private final List<Consumer<String>> listeners = new ArrayList<>();
  private @Nullable Node[] nodes = new Node[0];
  private Map<String, GpuFigures> models = new TreeMap<>();
  private Map<String, Integer> slices = new TreeMap<>();
  private GpuFigures total = GpuFigures.NONE;
  private List<Node> byName = List.of();
  private int[] order = new int[0];
  private @Nullable UsualDemands usual;
  private int next;

  /** One node; {@code parts} has its GPUs by model. */
  public record Node(
      String name,
      NodeState state,
      int version,
      @Nullable UsualDemands usual,
      GpuFigures sum,
      Map<GpuModel, GpuFigures> parts) {}

  public FleetFigures(Fleet fleet) {
    this.fleet = fleet;
  }

  /** From now on tells the name of every node that came, went or changed, at a refresh. */
  public void onChange(Consumer<String> listener) {
    listeners.add(listener);
  }

  /** Reckons with other usual demands, a few nodes at each refresh. */
  public void use(@Nullable UsualDemands demands) {
    usual = demands;
  }

  public @Nullable UsualDemands usual() {
    return usual;
  }

  /** Brings the figures up to date. */
  public void refresh() {
    if (nodes.length < fleet.limit()) {
      nodes = Arrays.copyOf(nodes, Math.max(fleet.limit(), nodes.length * 2));
    }
    boolean any = false;
    boolean others = false;
    for (int i = 0; i < nodes.length; i++) {
      Node old = nodes[i];
      NodeState state = i < fleet.limit() ? fleet.at(i) : null;
      boolean same = old != null && old.state == state && old.version == state.version();
      if (!same && (old != null || state != null)) {
        any = true;
        others |= old == null || state == null || !old.name.equals(state.name());
        nodes[i] = state == null ? null : of(state);
        tell(old, state);
      }
    }
    any |= reckonStale();
    if (others) {
      order();
    }
    if (any) {
      sumUp();
    }
  }

  private void tell(@Nullable Node old, @Nullable NodeState state) {
    for (Consumer<String> listener : listeners) {
      if (old != null) {
        listener.accept(old.name);
      }
      if (state != null && (old == null || !old.name.equals(state.name()))) {
        listener.accept(state.name());
      }
    }
  }

  /** Works on some nodes whose figures are by other usual demands than today's. */
  private boolean reckonStale() {
    int left = MOST_STALE;
    for (int seen = 0; seen < nodes.length && left > 0; seen++) {
      next = (next + 1) % nodes.length;
      Node node = nodes[next];
      if (node != null && node.usual != usual) {
        nodes[next] = of(node.state);
        left--;
      }
    }
    return left < MOST_STALE;
  }

  private Node of(NodeState state) {
    Map<GpuModel, GpuFigures> parts = new LinkedHashMap<>(2);
    GpuFigures sum = GpuFigures.NONE;
    for (int gpu = 0; gpu < state.gpus(); gpu++) {
      GpuFigures figures = GpuFigures.of(state, gpu, usual);
      parts.merge(state.gpuModel(gpu), figures, GpuFigures::plus);
      sum = sum.plus(figures);
    }
    return new Node(state.name(), state, state.version(), usual, sum, parts);
  }

  /** The places of the nodes in order of their names. */
  private void order() {
    order =
        IntStream.range(0, nodes.length)
            .filter(i -> nodes[i] != null)
            .boxed()
            .sorted(Comparator.comparing(i -> Objects.requireNonNull(nodes[i]).name))
            .mapToInt(Integer::intValue)
            .toArray();
  }

  private void sumUp() {
    Map<GpuModel, GpuFigures> parts = new LinkedHashMap<>();
    GpuFigures sum = GpuFigures.NONE;
    List<Node> all = new ArrayList<>(order.length);
    for (int index : order) {
      Node node = Objects.requireNonNull(nodes[index]);
      node.parts.forEach((model, figures) -> parts.merge(model, figures, GpuFigures::plus));
      sum = sum.plus(node.sum);
      all.add(node);
    }
    byName = all;
    total = sum;
    models = new TreeMap<>();
    slices = new TreeMap<>();
    parts.forEach(
        (model, figures) -> {
          models.merge(model.name(), figures, GpuFigures::plus);
          slices.merge(model.name(), model.slices(), Math::max);
        });
  }

  /** Every model that is in the fleet, in order of their names. */
  public Map<String, GpuFigures> models() {
    return models;
  }

  /** The memory slices of a model; 0 without MIG. */
  public int slices(String model) {
    return slices.getOrDefault(model, 0);
  }

  public GpuFigures total() {
    return total;
  }

  /** Every node in order of their names. */
  public List<Node> nodes() {
    return byName;
  }
}
