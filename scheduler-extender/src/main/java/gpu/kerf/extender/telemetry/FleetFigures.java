package gpu.kerf.extender.telemetry;

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
import org.jspecify.annotations.Nullable;

/**
 * What the fleet holds and has left, by node, by GPU model and altogether.
 *
 * <p>{@link #refresh} looks at every node but works only on those that changed, so that a fleet of
 * thousands of nodes costs the event loop microseconds.
 */
public final class FleetFigures {
  private final Fleet fleet;
  private @Nullable Node[] nodes = new Node[0];
  private Map<String, GpuFigures> models = new TreeMap<>();
  private Map<String, Integer> slices = new TreeMap<>();
  private GpuFigures total = GpuFigures.NONE;
  private List<Node> byName = List.of();
  private List<String> changed = List.of();

  /** One node; {@code parts} has its GPUs by model. */
  public record Node(
      String name, NodeState state, int version, GpuFigures sum, Map<GpuModel, GpuFigures> parts) {}

  public FleetFigures(Fleet fleet) {
    this.fleet = fleet;
  }

  /** Brings the figures up to date. */
  public void refresh() {
    if (nodes.length < fleet.limit()) {
      nodes = Arrays.copyOf(nodes, Math.max(fleet.limit(), nodes.length * 2));
    }
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < nodes.length; i++) {
      Node old = nodes[i];
      NodeState state = i < fleet.limit() ? fleet.at(i) : null;
      if (old != null && old.state == state && old.version == state.version()) {
        continue;
      }
      nodes[i] = state == null ? null : of(state);
      if (old != null || state != null) {
        seen.add(state != null ? state.name() : Objects.requireNonNull(old).name);
      }
    }
    changed = seen;
    if (!seen.isEmpty()) {
      sumUp();
    }
  }

  private static Node of(NodeState state) {
    Map<GpuModel, GpuFigures> parts = new LinkedHashMap<>(2);
    GpuFigures sum = GpuFigures.NONE;
    for (int gpu = 0; gpu < state.gpus(); gpu++) {
      GpuFigures figures = GpuFigures.of(state, gpu);
      parts.merge(state.gpuModel(gpu), figures, GpuFigures::plus);
      sum = sum.plus(figures);
    }
    return new Node(state.name(), state, state.version(), sum, parts);
  }

  private void sumUp() {
    Map<GpuModel, GpuFigures> parts = new LinkedHashMap<>();
    GpuFigures sum = GpuFigures.NONE;
    for (Node node : nodes) {
      if (node != null) {
        node.parts.forEach((model, figures) -> parts.merge(model, figures, GpuFigures::plus));
        sum = sum.plus(node.sum);
      }
    }
    total = sum;
    models = new TreeMap<>();
    slices = new TreeMap<>();
    parts.forEach(
        (model, figures) -> {
          models.merge(model.name(), figures, GpuFigures::plus);
          slices.merge(model.name(), model.slices(), Math::max);
        });
    List<Node> all = new ArrayList<>();
    Arrays.stream(nodes).filter(Objects::nonNull).forEach(all::add);
    all.sort(Comparator.comparing(Node::name));
    byName = all;
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

  /** The nodes that came, went or changed between the last two refreshes. */
  public List<String> changed() {
    return changed;
  }
}
